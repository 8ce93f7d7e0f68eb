// `npm run gate`: what has to be clean before a change is taken. Quiet on pass, complete on fail.
import { styleText } from 'node:util';
import { EXIT } from '../common/errors.ts';
import { ROOT } from '../common/paths.ts';
import { tryRun } from '../common/process.ts';
import { print } from '../common/terminal.ts';

interface Check {
  name: string;
  /** What it printed where it failed; undefined where all is well. */
  complaint: () => Promise<string | undefined>;
}

const stop = new AbortController();
const stopped = () => stop.signal.aborted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());

const tool = (name: string, script: string, options: readonly string[], next = ''): Check => ({
  name,
  complaint: async () => {
    const command = [process.execPath, `node_modules/${script}`, ...options];
    const { exitCode, stdout, stderr } = await tryRun(command, { cwd: ROOT, signal: stop.signal });
    return exitCode === 0 ? undefined : [stdout, stderr, next].filter((text) => text !== '').join('\n');
  },
});

/** No file that is in git, or about to be, has a line that matches. Brackets keep a pattern from matching itself. */
const nowhere = (name: string, patterns: readonly string[], ...paths: string[]): Check => ({
  name,
  complaint: async () => {
    const options = [
      '--untracked',
      '--line-number',
      '-I',
      '--extended-regexp',
      ...patterns.flatMap((one) => ['-e', one]),
    ];
    const command = ['git', 'grep', ...options, '--', ...paths];
    const { exitCode, stdout, stderr } = await tryRun(command, { cwd: ROOT, signal: stop.signal });
    return exitCode === 1 && stderr === '' ? undefined : stdout + stderr;
  },
});

const CRUISE = ['--config', '.dependency-cruiser.mjs', '--output-type', 'err-long'];
const CRUISED = ['harness', 'suites', 'fixtures', 'vitest.config.ts', 'eslint.config.js'];

// The slowest first, so that two at a time end together.
const queue: Check[] = [
  tool('eslint', 'eslint/bin/eslint.js', ['--max-warnings=0', '.']),
  tool('types', 'typescript/bin/tsc', ['-p', '.']),
  tool('format', 'prettier/bin/prettier.cjs', ['--check', '.'], '`npm run format` puts it right.'),
  tool('imports', 'dependency-cruiser/bin/dependency-cruiser.mjs', [...CRUISE, ...CRUISED]),
  // Whatever registries a user has must do.
  nowhere('no package registry named', [
    '"[r]esolved": "http',
    '[r]egistry\\.(npmjs|yarnpkg)\\.|[p]roxy\\.golang\\.org',
    '([r]egistry|GO[P]ROXY) ?= ?http',
    'https?://[^/ ]+\\.(internal|corp|lan)([:/]|$)',
  ]),
  nowhere('no path of one machine', ['/(home|Users|work)/[A-Za-z]', '/root/\\.(cache|config|npm|ssh)']),
  nowhere(
    'no test skipped',
    ['\\b(describe|it|suite|test)\\.(fails|only|skip|todo)\\b', '\\.(only|runIf|skip|skipIf)\\('],
    '*.ts',
  ),
];
let failures = 0;

async function work(): Promise<void> {
  for (let check = queue.shift(); check !== undefined && !stopped(); check = queue.shift()) {
    const started = performance.now();
    const complaint = await check.complaint();
    if (stopped()) return;
    const mark = complaint === undefined ? styleText('green', '✔') : styleText('red', '✖');
    process.stdout.write(`${mark} ${check.name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
    if (complaint === undefined) continue;
    failures += 1;
    print(process.stdout, complaint.trimEnd());
  }
}

await Promise.all([work(), work()]);
process.exitCode = stopped() ? EXIT.interrupted : Math.min(failures, 1);
