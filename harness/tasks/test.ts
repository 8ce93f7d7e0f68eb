import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { distributionNames } from '../mesh/distribution.ts';
import { ROOT } from '../paths.ts';
import type { ConformanceReport } from '../report/model.ts';

/** `npm test`: unit tests, tests against the container engine, then the trust profile on a real lab for each distribution. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'meshtrust-test-'));
try {
  const counts = [await vitest('unit'), await vitest('engine')];
  for (const distribution of distributionNames()) counts.push(await conformance(distribution));
  const total = (key: keyof Counts) => counts.reduce((sum, one) => sum + one[key], 0);
  const skipped = total('skipped');
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = total('failed') > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
  if (process.connected) process.disconnect();
}

async function vitest(project: string): Promise<Counts> {
  const file = join(scratch, `${project}.json`);
  const program = join('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter', 'dot', '--reporter', 'json', `--outputFile.json=${file}`];
  const code = await execute([program, 'run', '--project', project, ...reporters]);
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
  const code = await execute(['harness/main.ts', 'run', '--distribution', distribution, '--out', out]);
  const report = parse(readFileSync(join(ROOT, out, 'conformance.yaml'), 'utf8')) as ConformanceReport;
  const { passed, failed, skipped, notSupported, notRun } = report.summary;
  const broken = failed + notRun;
  return { passed, failed: code !== 0 && broken === 0 ? 1 : broken, skipped: skipped + notSupported };
}

/** Runs a script under this Node with its output shown; a signal to us goes on to it and is waited for. */
async function execute(words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  const [code, interrupted] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (exitCode, signal) => resolve([exitCode, signal]));
  });
  for (const signal of signals) process.off(signal, forward);
  if (code === 130 || interrupted !== null) process.exit(130);
  return code ?? 1;
}
