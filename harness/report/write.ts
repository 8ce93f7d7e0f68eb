import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { messageOf } from '../errors.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { ConformanceReport } from './model.ts';
import { renderYaml } from './yaml.ts';

/**
 * Writes `conformance.yaml`, `junit.xml` and `report.html` into `folder`, which is made if need be; evidence is read
 * from there. Each file appears whole or not at all, and an older one stays until then. Rejects with the file system's
 * error. The page comes last: where it cannot be made, standard error says so, and the others stand.
 */
export async function writeReport(folder: string, report: ConformanceReport): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, 'junit.xml'), renderJunit(report));
  await writeWhole(join(folder, 'conformance.yaml'), renderYaml(report));
  const page = join(folder, 'report.html');
  try {
    const { renderHtml } = await import('./html/report-page.ts');
    await writeWhole(page, await renderHtml(report, (path) => readEvidence(folder, path)));
  } catch (error) {
    // One of an earlier run would tell the wrong story.
    await rm(page, { force: true }).catch(() => undefined);
    process.stderr.write(
      `report.html could not be made, the other files of the report are whole: ${messageOf(error)}\n`,
    );
  }
}

/** The text of a file below `folder`; undefined where there is none. No path leads out of the folder. */
async function readEvidence(folder: string, path: string): Promise<string | undefined> {
  const inside = await realpath(folder);
  const file = await realpath(join(inside, path)).catch(() => undefined);
  if (file?.startsWith(inside + sep) !== true) return undefined;
  return await readFile(file, 'utf8').catch(() => undefined);
}

/** Appends the report as Markdown to `file`, the one that GitHub Actions names in `GITHUB_STEP_SUMMARY`. */
export async function writeGithubSummary(report: ConformanceReport, file: string): Promise<void> {
  await appendFile(file, renderMarkdown(report));
}

async function writeWhole(file: string, content: string): Promise<void> {
  const unfinished = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(unfinished, content, { flag: 'wx', mode: 0o644 });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
