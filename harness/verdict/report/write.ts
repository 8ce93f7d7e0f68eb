import { appendFile } from 'node:fs/promises';
import { environmentFailure, messageOf } from '../../common/errors.ts';
import type { ReportFolder } from '../evidence/folder.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { ConformanceReport } from './model.ts';
import { inert } from '../../common/text.ts';
import { renderYaml } from './yaml.ts';

/** One file of a report. */
interface ReportFormat {
  readonly file: string;
  readonly render: (report: ConformanceReport, folder: ReportFolder) => string | Promise<string>;
  /** Where it cannot be made the others stand, and standard error says so. */
  readonly isExtra?: true;
}

/** The files of a report, in the order in which they are written. */
const FORMATS: readonly ReportFormat[] = [
  { file: 'junit.xml', render: renderJunit },
  { file: 'conformance.yaml', render: renderYaml },
  {
    file: 'report.html',
    isExtra: true,
    render: async (report, folder) => {
      const { renderHtml } = await import('./html/report-page.ts');
      return await renderHtml(report, (path) => folder.read(path));
    },
  },
];

/**
 * Writes all {@link FORMATS} of a report into its folder; evidence is read from there. Each file appears whole or not at
 * all. Rejects with the file system's error, or where something of that name is there.
 */
export async function writeReport(folder: ReportFolder, report: ConformanceReport): Promise<void> {
  for (const { file, render, isExtra } of FORMATS) {
    try {
      await writeWhole(folder, file, await render(report, folder));
    } catch (error) {
      if (isExtra !== true) throw error;
      const why = inert(messageOf(error));
      process.stderr.write(`${file} could not be made, the other files of the report are whole: ${why}\n`);
    }
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
