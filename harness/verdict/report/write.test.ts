import { mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { folderAt } from '../evidence/testing/folder.ts';
import { buildReport } from './build.ts';
import { EXAMPLE } from './testing/example.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { writeGithubSummary, writeReport } from './write.ts';
import { renderYaml } from './yaml.ts';

const report = buildReport(EXAMPLE);

it('writes all files, with nothing beside them', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const out = join(folder.path, 'deep', 'run');
  await writeReport(folderAt(out), report);
  expect(readdirSync(out).sort()).toEqual(['conformance.yaml', 'junit.xml', 'report.html']);
  expect(readFileSync(join(out, 'conformance.yaml'), 'utf8')).toBe(renderYaml(report));
  expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toBe(renderJunit(report));
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Not conformant');
});

it('never writes over what is there', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  writeFileSync(join(folder.path, 'conformance.yaml'), 'somebody’s');
  await expect(writeReport(folderAt(folder.path), report)).rejects.toThrow('conformance.yaml is there already');
  expect(readFileSync(join(folder.path, 'conformance.yaml'), 'utf8')).toBe('somebody’s');
});

it('loses no other file over a page that cannot be made', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  // What a test worker hands over as a graph is not checked before it is drawn.
  const odd = { ...report, graphs: [{ title: 'odd', graph: {} }] } as unknown as typeof report;
  await writeReport(folderAt(folder.path), odd);
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
