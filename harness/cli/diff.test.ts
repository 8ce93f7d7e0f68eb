import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../common/paths.ts';
import { buildReport } from '../verdict/report/build.ts';
import type { ReportDiff } from '../verdict/report/diff/model.ts';
import { EXAMPLE, PASSING } from '../verdict/report/testing/example.ts';
import { renderYaml } from '../verdict/report/yaml.ts';

const graphs = EXAMPLE.events.filter(({ type }) => type === 'graph');
const passing = buildReport({ ...PASSING, events: [...PASSING.events, ...graphs] });
const failing = buildReport(EXAMPLE);
const upgraded = buildReport({ ...EXAMPLE, environment: { ...EXAMPLE.environment, kubernetes: '1.35.4' } });

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-diff-'));
  for (const [name, report] of Object.entries({ passing, failing, upgraded })) {
    mkdirSync(join(home, name));
    writeFileSync(join(home, name, 'conformance.yaml'), renderYaml(report));
  }
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The real command line in a process of its own. */
async function diff(...words: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'harness', 'cli', 'main.ts'), 'diff', ...words], {
    cwd: home,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...output };
}

describe('meshtrust diff', () => {
  it('ends with 1 for a regression, and names it', async () => {
    const { code, stdout, stderr } = await diff('passing', 'failing/conformance.yaml');
    expect(stdout).toMatch(
      /\nNewly failing\n {2}✖ trust\.manual\.leaf-issuer: passed → failed\n {6}leaf of reviews-v1/,
    );
    expect(stdout).toMatch(/\nregression: 3 of 3 changes\n$/);
    expect([code, stderr]).toEqual([1, '']);
  });

  it('ends with 0 for none, unless versions count too', async () => {
    expect(await diff('passing', 'passing')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/no change\n$/) as string,
    });
    expect((await diff('failing', 'upgraded')).code).toBe(0);
    expect((await diff('failing', 'upgraded', '--strict')).code).toBe(1);
  });

  it('writes Markdown, and JSON that is the diff itself, whole or not at all', async () => {
    const written = await diff('passing', 'failing', '-o', 'markdown', '--out', 'diff.md');
    expect(written).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(readFileSync(join(home, 'diff.md'), 'utf8')).toMatch(/^## ❌ meshtrust diff: regression: 3 of 3 changes\n/);
    expect(readdirSync(home).sort()).toEqual(['diff.md', 'failing', 'passing', 'upgraded']);
    const { stdout } = await diff('passing', 'failing', '-o', 'json');
    expect(JSON.parse(stdout) as ReportDiff).toMatchObject({
      old: { result: 'conformant' },
      new: { result: 'notConformant' },
      changes: [
        { kind: 'newlyFailing', what: 'trust.manual.leaf-issuer', regression: true },
        { kind: 'missing', what: 'trust.manual.churn', new: 'notSupported' },
        { kind: 'missing', what: 'trust.manual.peer', new: 'notRun' },
      ],
    });
  });

  it('reads a report that was changed, and says so', async () => {
    writeFileSync(join(home, 'forged.yaml'), renderYaml({ ...failing, supply: 'registry' }));
    const { stdout } = await diff('failing', 'forged.yaml');
    expect(stdout).toContain('\nnote: The digest of the new report does not hold: it was changed after its run.\n');
  });

  it.each([
    ['no report', ['passing', 'nope'], /nope cannot be read: ENOENT.*\nName a conformance\.yaml/],
    ['one report only', ['passing'], /missing required argument 'new'/],
    ['an unknown format', ['passing', 'failing', '-o', 'html'], /Allowed choices are text, markdown, json/],
    ['a file that cannot be', ['passing', 'failing', '--out', '/dev/null/x'], /\/dev\/null\/x cannot be written: /],
  ])('ends with 2 for %s', async (_, words, message) => {
    const { code, stderr } = await diff(...words);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('says in its help what counts as slower and how it ends', async () => {
    const { code, stdout } = await diff('--help');
    expect(stdout).toMatch(
      /more than 2 times as\s+long and over 5 s longer.*Exit codes: 0 no regression · 1 a regression/s,
    );
    expect(code).toBe(0);
  });
});
