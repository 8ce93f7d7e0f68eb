import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE, ecKey, rsaKey } from '../../common/redact/testing/canary.ts';
import { EvidenceRecorder } from '../../verdict/evidence/recorder.ts';
import { redact, Redactor } from '../../common/redact/redact.ts';
import { buildReport } from '../../verdict/report/build.ts';
import { EXAMPLE } from '../../verdict/report/testing/example.ts';
import { writeReport } from '../../verdict/report/write.ts';
import { thisProcess } from '../state/owner.ts';
import { OwnedFolder } from './report-folder.ts';

const report = buildReport(EXAMPLE);

const box = () => mkdtempDisposableSync(join(tmpdir(), 'meshtrust-folder-'));

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Everything below a folder: files with their bytes, links with where they lead. */
function tree(folder: string): Record<string, string> {
  // With types it does not follow links: one that leads to a folder above would have no end.
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const file = join(folder, path);
      const stat = lstatSync(file);
      if (stat.isSymbolicLink()) return [path, `→ ${readlinkSync(file)}`];
      return [path, stat.isDirectory() ? '/' : readFileSync(file, 'latin1')];
    }),
  );
}

/** A whole run's writing, up to a point at which it dies. */
async function writeAll(folder: string, diesAt = Infinity): Promise<void> {
  let step = 0;
  const alive = () => {
    if (++step > diesAt) throw new Error('died');
  };
  alive();
  const owned = OwnedFolder.take(folder, 'run');
  alive();
  const recorder = new EvidenceRecorder(OwnedFolder.attach(folder), new Redactor());
  await recorder.write('trust.a', 'log.txt', `a key: ${rsaKey('pkcs8')}`);
  alive();
  await owned.write('evidence/lab/raw.log', `before\n${ecKey('sec1')}after\n`);
  alive();
  owned.rewrite(redact);
  alive();
  await writeReport(owned, report);
  alive();
  owned.finish();
}

/** As it is left by a run that was killed: on the list, but nobody finished it. */
function killed(folder: string): void {
  const list = join(folder, 'files.ndjson');
  const [first = '', ...rest] = readFileSync(list, 'utf8').split('\n');
  const beginning = { ...(JSON.parse(first) as object), owner: { ...thisProcess(), pid: 2 ** 22 + 1, started: '1' } };
  writeFileSync(
    list,
    [JSON.stringify(beginning), ...rest.filter((line) => !line.includes('"finished":true'))].join('\n'),
  );
}

describe('what is there before', () => {
  it('the folder that somebody works in is refused, and nothing in it is touched', async () => {
    using home = box();
    put(home.path, '.ssh/id_ed25519', ecKey('sec1'));
    put(home.path, 'src/settings.yaml', 'token: sha256~abcdefghijklmnop\n');
    put(home.path, 'evidence/mine.txt', 'mine');
    symlinkSync('/nowhere/at/all', join(home.path, 'dangling'));
    const before = tree(home.path);
    expect(() => OwnedFolder.take(home.path, 'run')).toThrow(
      /holds something that no run has written.*\nChoose with --out a folder that is absent, empty, or a former report/,
    );
    expect(tree(home.path)).toEqual(before);
  });

  it('survives byte for byte, whatever it is and wherever a run dies', async () => {
    const name = fc.constantFrom(
      'conformance.yaml',
      'report.html',
      'junit.xml',
      'evidence',
      'files.ndjson',
      'a',
      'b',
      '.git',
    );
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const content = fc.oneof(
      fc.string(),
      fc.constant(rsaKey('pkcs8')),
      fc.constant('{"run":"x","owner":{"pid":1}}\n{"path":"a","sha256":"x","unfinished":"b"}\n{"finished":true}\n'),
    );
    const world = fc.dictionary(path, content, { minKeys: 1, maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(world, fc.nat(7), fc.boolean(), async (files, diesAt, isFormer) => {
        using home = box();
        const out = join(home.path, 'out');
        mkdirSync(out);
        // A former report, to which somebody has added things of their own.
        if (isFormer) await writeAll(out);
        const former = tree(out);
        for (const [where, text] of Object.entries(files)) {
          try {
            put(out, where, text);
          } catch {
            // a file where a folder was to be, or the other way round
          }
        }
        const before = tree(out);
        fc.pre(!isFormer || JSON.stringify(before) !== JSON.stringify(former));
        await writeAll(out, diesAt).catch(() => undefined);
        for (const [where, text] of Object.entries(before)) expect(tree(out)[where]).toBe(text);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});

describe('a former report', () => {
  it('makes way, whole', async () => {
    using home = box();
    await writeAll(home.path);
    await OwnedFolder.attach(home.path).write('evidence/former/x.txt', 'x');
    await writeAll(home.path);
    expect(Object.keys(tree(home.path))).toEqual([
      ...['conformance.yaml', 'evidence', 'evidence/lab', 'evidence/lab/raw.log', 'evidence/trust.a'],
      ...['evidence/trust.a/log.txt', 'files.ndjson', 'junit.xml', 'report.html'],
    ]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('makes way after a kill at step %d, too', async (step) => {
    using home = box();
    await writeAll(home.path, step).catch(() => undefined);
    if (step > 0) killed(home.path);
    await writeAll(home.path);
    expect(readFileSync(join(home.path, 'conformance.yaml'), 'utf8')).toContain('TrustConformanceReport');
  });

  it('is somebody’s once anything was added to it, changed in it, or put in a file’s place', async () => {
    const changes: Record<string, (folder: string) => void> = {
      'notes.txt': (folder) => put(folder, 'notes.txt', 'mine'),
      'conformance.yaml': (folder) => appendFileSync(join(folder, 'conformance.yaml'), '# checked by me\n'),
      'evidence/mine': (folder) => mkdirSync(join(folder, 'evidence', 'mine')),
      'evidence/link': (folder) => symlinkSync(folder, join(folder, 'evidence', 'link')),
    };
    for (const [path, change] of Object.entries(changes)) {
      using home = box();
      await writeAll(home.path);
      change(home.path);
      const before = tree(home.path);
      expect(() => OwnedFolder.take(home.path, 'run')).toThrow(path);
      expect(tree(home.path)).toEqual(before);
    }
  });

  it('that another run is still writing is left to it', () => {
    using home = box();
    OwnedFolder.take(home.path, 'other');
    const list = join(home.path, 'files.ndjson');
    const owner = { ...thisProcess(), pid: process.ppid, place: { ...thisProcess().place, host: 'build-7' } };
    writeFileSync(list, `${JSON.stringify({ run: 'other', owner })}\n`);
    expect(() => OwnedFolder.take(home.path, 'run')).toThrow(/Run other may still be writing .*on build-7/);
  });
});

describe('writing', () => {
  it('makes files that all may read, and no second of a name', async () => {
    using home = box();
    const folder = OwnedFolder.take(join(home.path, 'deep', 'run'), 'run');
    expect(await folder.write('a/b.txt', 'one')).toBe(true);
    expect(await folder.write('a/b.txt', 'two')).toBe(false);
    expect(readFileSync(join(folder.path, 'a', 'b.txt'), 'utf8')).toBe('one');
    expect(statSync(join(folder.path, 'a', 'b.txt')).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(folder.path, 'a'))).toEqual(['b.txt']);
  });

  it('goes through no link that leads elsewhere', async () => {
    using home = box();
    const folder = OwnedFolder.take(join(home.path, 'run'), 'run');
    put(home.path, 'other/mine.txt', 'mine');
    symlinkSync(join(home.path, 'other'), join(folder.path, 'evidence'));
    await expect(folder.write('evidence/a.txt', 'x')).rejects.toThrow('leads out of');
    expect(readdirSync(join(home.path, 'other'))).toEqual(['mine.txt']);
  });

  it('shows the evidence of the run in its page, and no other file of the machine', async () => {
    using home = box();
    const folder = OwnedFolder.take(join(home.path, 'run'), 'run');
    await folder.write('evidence/seen.txt', 'seen by the claim');
    put(home.path, 'private.txt', 'nobody’s business');
    put(folder.path, 'evidence/theirs.txt', 'nobody’s business either');
    symlinkSync(join(home.path, 'private.txt'), join(folder.path, 'evidence', 'link.txt'));
    const [claim] = report.claims;
    const evidence = ['evidence/seen.txt', 'evidence/link.txt', 'evidence/theirs.txt', '../private.txt', 'evidence'];
    await writeReport(folder, { ...report, claims: [{ ...claim!, evidence }] });
    const page = readFileSync(join(folder.path, 'report.html'), 'utf8');
    expect(page).toContain('seen by the claim');
    expect(page).not.toContain('nobody’s business');
  });
});

it('takes a planted key out of every file of the run, however it is written, names them, and touches no other', async () => {
  using home = box();
  const folder = OwnedFolder.take(home.path, 'run');
  const key = rsaKey('pkcs8');
  await folder.write('evidence/plain.log', `before\n${key}after\n`);
  await folder.write('evidence/secret.yaml', `data:\n  ca-key.pem: ${Buffer.from(key).toString('base64')}\n`);
  await folder.write('evidence/one-line.txt', `a line of its private half: ${key.split('\n')[14] ?? ''}`);
  await folder.write('evidence/unknown.txt', ecKey('sec1'));
  await folder.write('evidence/redacted.log', redact(`before\n${key}after\n`));
  await folder.write('evidence/certificate.txt', CERTIFICATE.pem);
  put(home.path, 'evidence/theirs.pem', key);
  const redactor = new Redactor();
  redactor.know(key);
  expect(folder.rewrite((text) => redactor.redact(text)).sort()).toEqual([
    'evidence/one-line.txt',
    'evidence/plain.log',
    'evidence/secret.yaml',
    'evidence/unknown.txt',
  ]);
  const { 'evidence/theirs.pem': theirs, ...own } = tree(home.path);
  expect(theirs).toBe(key);
  for (const text of Object.values(own)) expect(redactor.redact(text)).toBe(text);
  expect(own['evidence/plain.log']).toBe('before\n[redacted private key]\nafter\n');
});
