import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { ecKey, linesOf, rsaKey } from '../common/redact/testing/canary.ts';
import { RECOGNISABLE } from '../common/redact/testing/encodings.ts';
import { privateBytes } from '../common/redact/pem.ts';
import { ROOT } from '../common/paths.ts';

/** How much of a line or a number gives it away; what base64 makes of its edges depends on the neighbours. */
const TELLING = 12;

/** What must be nowhere: every line of a key as it is, and its private numbers in hexadecimal digits and base64. */
function tracesOf(pem: string): string[] {
  const numbers = privateBytes(pem).flatMap((bytes) => [bytes.toString('hex'), bytes.subarray(2).toString('base64')]);
  return [...linesOf(pem), ...numbers]
    .map((text) => text.slice(4, 4 + 2 * TELLING))
    .filter((text) => text.length > TELLING);
}

/** A run whose container engine fails and prints this: it gets into console, report, page, JUnit and job summary. */
async function runThatPrints(text: string): Promise<string> {
  using home = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-planted-'));
  const programs = join(home.path, 'programs');
  mkdirSync(programs);
  writeFileSync(join(home.path, 'text'), text, 'latin1');
  writeFileSync(join(programs, 'docker'), `#!/bin/sh\ncat ${home.path}/text >&2\nexit 1\n`);
  chmodSync(join(programs, 'docker'), 0o755);
  const summary = join(home.path, 'summary.md');
  const out = join(home.path, 'out');
  const child = spawn(
    process.execPath,
    [join(ROOT, 'harness', 'cli', 'main.ts'), 'run', '--supply', 'source', '--out', out],
    {
      cwd: home.path,
      env: {
        ...process.env,
        PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
        XDG_CACHE_HOME: join(home.path, 'cache'),
        DOCKER_HOST: `unix://${home.path}/no.sock`,
        GITHUB_STEP_SUMMARY: summary,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
  return [printed, readFileSync(summary, 'utf8'), ...written].join('\n');
}

/** So many runs at a time, on two cores. */
const SIDE_BY_SIDE = 4;

it('a planted key is in no output at all, whatever it is written as', async () => {
  const keys = [rsaKey('pkcs8'), ecKey('sec1')];
  // Every form is tried on the redactor itself, in evidence/: here it is about where texts go.
  const some = Object.entries(RECOGNISABLE).filter((_, index) => index % 3 === 0);
  const forms = some.map(([form, encode], index) => ({ form, encode, pem: keys[index % 2]! }));
  expect(forms.length).toBeGreaterThanOrEqual(20);
  const work = async () => {
    for (let one = forms.pop(); one !== undefined; one = forms.pop()) {
      const { form, encode, pem } = one;
      const all = await runThatPrints(`before: it\n${encode(pem)}\nafter: it\n`);
      expect(all, form).toMatch(/after: it/);
      for (const trace of tracesOf(pem)) expect(all.includes(trace), `${form}: ${trace}`).toBe(false);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
}, 600_000);
