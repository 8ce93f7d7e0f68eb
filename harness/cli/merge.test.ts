import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../common/paths.ts';
import { folderAt } from '../verdict/evidence/testing/folder.ts';
import { EXAMPLE, PASSING, shardReport } from '../verdict/report/testing/example.ts';
import type { ConformanceReport } from '../verdict/report/model.ts';
import { readIntact } from '../verdict/report/read.ts';
import { writeReport } from '../verdict/report/write.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'meshtrust-merge-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The real command line in a process of its own. */
async function merge(...words: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'harness', 'cli', 'main.ts'), 'merge', ...words], {
    cwd: home,
    env: { ...process.env, GITHUB_STEP_SUMMARY: join(home, 'summary.md'), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...output };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
}

/** What a machine leaves: its report, and in `evidence/` the files that its claims name and its lab's log. */
async function leave(folder: string, report: ConformanceReport): Promise<void> {
  for (const path of report.claims.flatMap(({ evidence }) => evidence)) write(join(folder, path), `seen by ${folder}`);
  write(join(folder, 'evidence', 'lab', 'istiod.log'), `log of ${folder}`);
  await writeReport(folderAt(join(home, folder)), report);
}

const passing = async () => {
  await leave('one', shardReport('1/2', 'trust.split'));
  await leave('two', shardReport('2/2', 'trust.manual'));
};

describe('meshtrust merge', () => {
  it('makes one report of folders and files, with all evidence, and ends with 0', async () => {
    await passing();
    const { code, stdout, stderr } = await merge('two/conformance.yaml', 'one', '--out', 'all');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/\nconformant: 4 of 4 claims passed \(.*\)\nreport: all\/conformance\.yaml\n/);
    expect(code).toBe(0);
    expect(readdirSync(join(home, 'all')).sort()).toEqual([
      ...['conformance.yaml', 'evidence', 'files.ndjson', 'junit.xml', 'report.html'],
    ]);
    expect(readIntact(join(home, 'all')).report).toMatchObject({ result: 'conformant', run: { id: 'mt-1-merged' } });
    for (const [at, folder] of [
      [1, 'one'],
      [2, 'two'],
    ]) {
      expect(readFileSync(join(home, `all/evidence/shard-${at}/lab/istiod.log`), 'utf8')).toBe(`log of ${folder}`);
    }
    expect(readFileSync(join(home, 'summary.md'), 'utf8')).toContain('conformant: 4 of 4 claims passed');
  });

  it('ends with 1 where a claim failed, and every path to evidence leads to what its shard saw', async () => {
    await leave('one', shardReport('1/2', 'trust.split', EXAMPLE));
    await leave('two', shardReport('2/2', 'trust.manual', EXAMPLE));
    expect((await merge('one', 'two', '--out', 'all')).code).toBe(1);
    const { claims } = parse(readFileSync(join(home, 'all', 'conformance.yaml'), 'utf8')) as ConformanceReport;
    const seen = claims.flatMap(({ id, evidence }) =>
      evidence.map((path) => [id, readFileSync(join(home, 'all', path), 'utf8')]),
    );
    expect(seen).toEqual([
      ['trust.split.fails', 'seen by one'],
      ['trust.manual.leaf-issuer', 'seen by two'],
    ]);
    expect(readFileSync(join(home, 'all', 'report.html'), 'utf8')).toContain('seen by two');
  });

  it('accepts machines that had nothing to judge', async () => {
    const idle = shardReport('3/3', '', { ...PASSING, supply: 'auto', supplyReason: 'not chosen yet' });
    await leave('one', shardReport('1/3', 'trust.split'));
    await leave('two', shardReport('2/3', 'trust.manual'));
    await writeReport(folderAt(join(home, 'three')), idle);
    expect((await merge('one', 'two', 'three', '--out', 'all')).code).toBe(0);
  });

  it('merges a part when asked to, without a verdict', async () => {
    await passing();
    const refused = await merge('one', '--out', 'all');
    expect(refused.stderr).toContain('Of the shards 2/2 is missing.\nAdd the missing reports');
    expect(refused.code).toBe(2);
    const { code, stdout } = await merge('one', '--partial', '--out', 'all');
    expect(stdout).toMatch(/note: shard 2\/2 is missing: .*\nincomplete: 1 of 1 claim passed/s);
    expect(code).toBe(1);
  });

  it('replaces an older report', async () => {
    await passing();
    await merge('one', '--partial', '--out', 'all');
    expect((await merge('one', 'two', '--out', 'all')).code).toBe(0);
    expect(readdirSync(join(home, 'all', 'evidence')).filter((name) => name.startsWith('shard-'))).toEqual([
      'shard-1',
      'shard-2',
    ]);
  });

  it('refuses a folder with anything of the user’s in it, and leaves that as it was', async () => {
    await passing();
    write('all/mine.txt', 'mine');
    write('all/evidence/old.txt', 'old');
    const { code, stderr } = await merge('one', 'two', '--out', 'all');
    expect(stderr).toMatch(
      /all holds something that no run has written.*\nChoose with --out .*Nothing was touched\.\n(.*\n)* {2}\| .*mine\.txt/,
    );
    expect(code).toBe(2);
    expect(readFileSync(join(home, 'all', 'mine.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(join(home, 'all', 'evidence', 'old.txt'), 'utf8')).toBe('old');
  });

  it('never replaces what it merges, whatever the way there', async () => {
    await passing();
    symlinkSync(join(home, 'one'), join(home, 'link'));
    for (const out of ['one', 'link', 'two/../one']) {
      const { code, stderr } = await merge('one', 'two', '--out', out);
      expect(stderr).toContain('The merged report would replace one/conformance.yaml.\nChoose another folder');
      expect(code).toBe(2);
    }
    expect(readFileSync(join(home, 'one', 'evidence', 'lab', 'istiod.log'), 'utf8')).toBe('log of one');
  });

  it('names the two files and the field in which they differ, and writes nothing', async () => {
    await leave('one', shardReport('1/2', 'trust.split'));
    await leave('two', shardReport('2/2', 'trust.manual', { ...PASSING, distribution: 'openshift-4.19' }));
    const { code, stderr } = await merge('one', 'two', '--out', 'all');
    expect(stderr).toContain(
      'one/conformance.yaml and two/conformance.yaml differ in distribution: openshift-4.22; openshift-4.19.',
    );
    expect(code).toBe(2);
    expect(readdirSync(home).sort()).toEqual(['one', 'two']);
  });
});
