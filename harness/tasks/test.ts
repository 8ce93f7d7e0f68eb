import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { parse } from 'yaml';
import { EXIT, exitCodeOf, Failure } from '../common/errors.ts';
import { distributionNames } from '../lab/mesh/distribution.ts';
import { isGuest } from '../run/guest.ts';
import { ROOT } from '../common/paths.ts';
import type { ConformanceReport } from '../verdict/report/model.ts';
import { validateReport } from '../verdict/report/schema.ts';
import { ensurePip, ORACLES } from '../supply/source/envoy.ts';
import { Session } from '../run/session.ts';
import { allRuns, isOrphan } from '../cluster/state/runs.ts';
import { print } from '../common/terminal.ts';
import { ensureBrowser } from '../cluster/engine/install.ts';

/**
 * `npm test`: unit tests, rule books against the programs whose they are, tests in a browser, tests against the container engine, the trust profile but for its
 * rotations on a real lab for each distribution, then whole runs in other people's shoes.
 */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * All but the rotations: minutes of steady load under which not one request may be lost, which a machine busy with
 * something else cannot promise. What a bad CA does to one plane by itself is the same on each distribution and judged on
 * the last alone, without the two claims that take longest. `npm run conformance` judges all of them, and so does the
 * nightly workflow.
 */
const claimsOn = (distribution: string): string[] => [
  'trust.!(rotation|bad-authority).*',
  ...(distribution === distributionNames().at(-1) ? ['trust.bad-authority.!(ends-first|own-cacerts)'] : []),
];

const scratch = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-test-'));
let interrupted = false;
let child: ChildProcess | undefined;
const interrupt = (signal: NodeJS.Signals) => {
  interrupted = true;
  child?.kill(signal);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
process.on('disconnect', () => interrupt('SIGTERM'));

try {
  const counts = [await vitest('unit'), await oracleTests(), await browserTests(), await engineTests()];
  for (const distribution of distributionNames()) counts.push(await conformance(distribution));
  // They bring up clusters of their own: a vendor's build, a cluster that is there already, a Job.
  counts.push(await vitest('lab'));
  const total = (key: keyof Counts) => counts.reduce((sum, one) => sum + one[key], 0);
  const skipped = total('skipped');
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = total('failed') > 0 ? 1 : 0;
} catch (error) {
  if (isInterrupted()) await removeOrphans();
  else print(process.stderr, error instanceof Failure ? error.message : inspect(error));
  process.exitCode = isInterrupted() ? EXIT.interrupted : exitCodeOf(error);
} finally {
  scratch.remove();
  if (process.connected) process.disconnect();
}

/** Rule books against the programs whose they are: real Envoys and Go. */
async function oracleTests(): Promise<Counts> {
  await using session = new Session();
  await ensurePip(Object.values(ORACLES), session.progress, session.signal);
  return await vitest('oracle');
}

/** Tests of `report.html`. */
async function browserTests(): Promise<Counts> {
  {
    await using session = new Session();
    await ensureBrowser(session.progress, session.signal);
  }
  // Not within the session: below its folder for temporary files the path of Chromium's socket may get too long.
  return await vitest('browser');
}

/** Tests that need a container engine and no lab. */
async function engineTests(): Promise<Counts> {
  await using session = new Session();
  await session.engine();
  return await vitest('engine');
}

async function vitest(project: string): Promise<Counts> {
  const file = join(scratch.path, `${project}.json`);
  const program = join('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter', 'dot', '--reporter', 'json', `--outputFile.json=${file}`];
  const code = await execute([program, 'run', '--project', project, ...reporters]);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  const failed = result['numFailedTests'] ?? 0;
  // A file that does not even load has no test to fail.
  return {
    passed: result['numPassedTests'] ?? 0,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: (result['numPendingTests'] ?? 0) + (result['numTodoTests'] ?? 0),
  };
}

async function conformance(distribution: string): Promise<Counts> {
  const out = join('reports', `test-${distribution}`);
  const file = join(ROOT, out, 'conformance.yaml');
  const started = Date.now();
  const code = await execute([
    'harness/cli/main.ts',
    'run',
    '--distribution',
    distribution,
    '--only',
    ...claimsOn(distribution),
    '--out',
    out,
  ]);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = parse(readFileSync(file, 'utf8')) as ConformanceReport;
  // An old report must not be counted for a new one.
  if (Date.parse(report.run.started) < started) return { passed: 0, failed: 1, skipped: 0 };
  const violations = validateReport(report);
  for (const violation of violations) print(process.stderr, `${out}/conformance.yaml: ${violation}`);
  const { passed, failed, skipped, notSupported, notRun } = report.summary;
  const broken = failed + notRun + violations.length;
  return { passed, failed: code !== 0 && broken === 0 ? 1 : broken, skipped: skipped + notSupported };
}

/** Vitest gives a test that is interrupted no time to take its lab along. */
async function removeOrphans(): Promise<void> {
  if (!allRuns().some((run) => isOrphan(run) && !isGuest(run))) return;
  await using session = new Session();
  await session.engine();
}

/** Runs a script under this Node with its output shown, and returns its exit code; fails once we are interrupted. */
async function execute(words: readonly string[]): Promise<number> {
  if (isInterrupted()) throw new Error('interrupted');
  const started = spawn(process.execPath, words, { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  child = started;
  const code = await new Promise<number | null>((resolve, reject) => {
    started.on('error', reject);
    started.on('exit', resolve);
  });
  if (isInterrupted()) throw new Error('interrupted');
  return code ?? 1;
}

/** A function, since a signal changes the variable where the type checker does not see it. */
function isInterrupted(): boolean {
  return interrupted;
}
