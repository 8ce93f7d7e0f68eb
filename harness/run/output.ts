import { join, relative } from 'node:path';
import type { OwnedFolder } from '../cluster/ownership/report-folder.ts';
import { renderSummary } from '../verdict/report/console.ts';
import type { ConformanceReport } from '../verdict/report/model.ts';
import { writeGithubSummary, writeReport } from '../verdict/report/write.ts';

/** Writes the report beside its evidence, for the job's page where there is one, and sums it up on standard output. */
export async function publishReport(folder: OwnedFolder, report: ConformanceReport): Promise<void> {
  await writeReport(folder, report);
  folder.finish();
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  if (summaryFile !== undefined) await writeGithubSummary(report, summaryFile);
  const reportPath = relative(process.cwd(), join(folder.path, 'conformance.yaml'));
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(`${renderSummary(report, { colour, reportPath })}\n`);
}
