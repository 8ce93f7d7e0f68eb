import { appendFile } from 'node:fs/promises';
import { environmentFailure, messageOf } from '../../common/errors.ts';
import type { ReportFolder } from '../evidence/folder.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { ConformanceReport } from './model.ts';
import { inert } from '../../common/text.ts';
import { renderYaml } from './yaml.ts';

/**
 * Writes `conformance.yaml`, `junit.xml` and `report.html` into the folder of a report; evidence is read from there. Each
 * file appears whole or not at all. Rejects with the file system's error, or where something of that name is there. The
 * page comes last: where it cannot be made, standard error says so, and the others stand.
 */
export async function writeReport(folder: ReportFolder, report: ConformanceReport): Promise<void> {
  await writeWhole(folder, 'junit.xml', renderJunit(report));
  await writeWhole(folder, 'conformance.yaml', renderYaml(report));
  try {
    const { renderHtml } = await import('./html/report-page.ts');
    await writeWhole(folder, 'report.html', await renderHtml(report, (path) => folder.read(path)));
  } catch (error) {
    const why = inert(messageOf(error));
    process.stderr.write(`report.html could not be made, the other files of the report are whole: ${why}\n`);
  }
}

/** Appends the report as Markdown to `file`, the one that GitHub Actions names in `GITHUB_STEP_SUMMARY`. */
export async function writeGithubSummary(report: ConformanceReport, file: string): Promise<void> {
  await appendFile(file, renderMarkdown(report));
}

async function writeWhole(folder: ReportFolder, path: string, content: string): Promise<void> {
  if (await folder.write(path, content)) return;
  throw environmentFailure(`${path} is there already, and was not written by this run.`, {
    next: 'Look whose it is, and choose another folder with --out.',
  });
}
