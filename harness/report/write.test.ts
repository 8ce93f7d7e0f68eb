import { mkdtempDisposableSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { buildReport } from './build.ts';
import { BROKEN, EXAMPLE } from './example.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { writeGithubSummary, writeReport } from './write.ts';
import { renderYaml } from './yaml.ts';

const report = buildReport(EXAMPLE);

it('writes all files, readable by all and with nothing beside them', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const out = join(folder.path, 'deep', 'run');
  await writeReport(out, report);
  expect(readdirSync(out).sort()).toEqual(['conformance.yaml', 'junit.xml', 'report.html']);
  expect(readFileSync(join(out, 'conformance.yaml'), 'utf8')).toBe(renderYaml(report));
  expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toBe(renderJunit(report));
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Not conformant');
  for (const file of readdirSync(out)) expect(statSync(join(out, file)).mode & 0o777).toBe(0o644);
});

it('replaces an older report by a new file, not through a link and not in place', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const other = join(folder.path, 'other');
  writeFileSync(other, 'untouched');
  symlinkSync(other, join(folder.path, 'conformance.yaml'));
  await writeReport(folder.path, buildReport(BROKEN));
  const before = statSync(join(folder.path, 'conformance.yaml')).ino;
  await writeReport(folder.path, report);
  expect(readFileSync(other, 'utf8')).toBe('untouched');
  expect(statSync(join(folder.path, 'conformance.yaml')).ino).not.toBe(before);
});

it('leaves no unfinished file when it fails', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  await mkdir(join(folder.path, 'conformance.yaml', 'in-the-way'), { recursive: true });
  await expect(writeReport(folder.path, report)).rejects.toThrow('conformance.yaml');
  expect(readdirSync(folder.path).sort()).toEqual(['conformance.yaml', 'junit.xml']);
});

it('shows the evidence below the folder, and no other file of the machine', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const out = join(folder.path, 'run');
  await mkdir(join(out, 'evidence'), { recursive: true });
  writeFileSync(join(out, 'evidence', 'seen.txt'), 'seen by the claim');
  writeFileSync(join(folder.path, 'private.txt'), 'nobody’s business');
  symlinkSync(join(folder.path, 'private.txt'), join(out, 'evidence', 'link.txt'));
  const [claim] = report.claims;
  const evidence = ['evidence/seen.txt', 'evidence/link.txt', '../private.txt', 'evidence'];
  await writeReport(out, { ...report, claims: [{ ...claim!, evidence }] });
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  expect(page).toContain('seen by the claim');
  expect(page).not.toContain('nobody’s business');
});

it('loses no other file over a page that cannot be made, and leaves no old one', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  writeFileSync(join(folder.path, 'report.html'), 'of an earlier run');
  // What a test worker hands over as a graph is not checked before it is drawn.
  const odd = { ...report, graphs: [{ title: 'odd', graph: {} }] } as unknown as typeof report;
  await writeReport(folder.path, odd);
  expect(readdirSync(folder.path).sort()).toEqual(['conformance.yaml', 'junit.xml']);
  expect(said).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^report\.html could not be made, .* whole: .+\n$/),
  );
  said.mockRestore();
});

it('appends to a job summary', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'summary.md');
  writeFileSync(file, '# before\n');
  await writeGithubSummary(report, file);
  expect(readFileSync(file, 'utf8')).toBe(`# before\n${renderMarkdown(report)}`);
});
