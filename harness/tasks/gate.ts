// `npm run gate`: what has to be clean before a change is taken. Quiet on pass, complete on fail.
import { styleText } from 'node:util';
import { ROOT } from '../paths.ts';
import { tryRun } from '../process.ts';

interface Check {
  name: string;
  /** What it printed where it failed; undefined where all is well. */
  complaint: () => Promise<string | undefined>;
}

const bin = (path: string) => [process.execPath, `node_modules/${path}`];

const tool = (name: string, command: readonly string[], next?: string): Check => ({
  name,
  complaint: async () => {
    const { exitCode, stdout, stderr } = await tryRun(command, { cwd: ROOT });
    if (exitCode === 0) return undefined;
    return [stdout, stderr, next ?? ''].filter((text) => text !== '').join('\n');
  },
});

/** Nothing that is in git, or about to be, has a line that matches. Letters in brackets keep a pattern from matching itself. */
const nowhere = (name: string, patterns: readonly string[], ...paths: string[]): Check => ({
  name,
  complaint: async () => {
    const flags = patterns.flatMap((pattern) => ['-e', pattern]);
    const command = [
      'git',
      'grep',
      '--untracked',
      '--line-number',
      '-I',
      '--extended-regexp',
      ...flags,
      '--',
      ...paths,
    ];
    const { exitCode, stdout, stderr } = await tryRun(command, { cwd: ROOT });
    return exitCode === 1 && stderr === '' ? undefined : stdout + stderr;
  },
});

const cruised = ['harness', 'suites', 'fixtures', 'vitest.config.ts', 'eslint.config.js'];
const cruise = ['--config', '.dependency-cruiser.mjs', '--output-type', 'err-long'];

// The slowest first, so that two at a time end together.
const CHECKS: readonly Check[] = [
  tool('eslint', [...bin('eslint/bin/eslint.js'), '--max-warnings=0', '.']),
  tool('types', [...bin('typescript/bin/tsc'), '-p', '.']),
  tool('format', [...bin('prettier/bin/prettier.cjs'), '--check', '.'], '`npm run format` puts it right.'),
  tool('imports', [...bin('dependency-cruiser/bin/dependency-cruiser.mjs'), ...cruise, ...cruised]),
  // The lock file and the settings must work with whatever registry a user has.
  nowhere('no package registry named', [
    '"[r]esolved": "http',
    '[r]egistry\\.(npmjs|yarnpkg)\\.',
    '[p]roxy\\.golang\\.org',
    '([r]egistry|GO[P]ROXY) ?= ?http',
    'https?://[^/ ]+\\.([i]nternal|[c]orp|[l]an)([:/]|$)',
  ]),
  nowhere('no path of one machine', [
    '/[h]ome/[a-z]',
    '/[U]sers/[A-Za-z]',
    '/[w]ork/[a-z]',
    '/[r]oot/\\.(cache|config|npm|ssh)',
  ]),
  nowhere(
    'no test skipped',
    ['\\b(describe|it|suite|test)\\.(fails|only|skip|todo)\\b', '\\.(only|runIf|skip|skipIf)\\('],
    '*.ts',
  ),
];

const queue = [...CHECKS];
let failures = 0;

async function work(): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const started = performance.now();
    const complaint = await check.complaint();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const mark = complaint === undefined ? styleText('green', '✔') : styleText('red', '✖');
    process.stdout.write(`${mark} ${check.name} (${seconds} s)\n`);
    if (complaint === undefined) continue;
    failures += 1;
    process.stdout.write(`${complaint.trimEnd()}\n`);
  }
}

await Promise.all([work(), work()]);
process.exitCode = failures === 0 ? 0 : 1;
