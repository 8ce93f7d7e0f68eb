import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { messageOf, usageFailure } from '../errors.ts';
import { renderSummary } from '../report/console.ts';
import type { ConformanceReport } from '../report/model.ts';
import { writeGithubSummary, writeReport } from '../report/write.ts';

/**
 * Makes the folder for a report. An older report in it makes way; anything else there is somebody's, and stays. Fails,
 * exit code 2, where nothing can be written.
 */
export function prepareOutput(out: string): void {
  try {
    mkdirSync(out, { recursive: true });
    accessSync(out, constants.W_OK);
  } catch (error) {
    throw usageFailure(`The folder ${out} cannot be written: ${messageOf(error)}`, {
      next: 'Choose another with --out.',
      cause: error,
    });
  }
  const known = ['conformance.yaml', 'report.html', 'junit.xml', 'evidence', 'events.ndjson'];
  for (const name of known) rmSync(join(out, name), { recursive: true, force: true });
}

/** Writes the report beside its evidence, for the job's page where there is one, and sums it up on standard output. */
export async function publishReport(out: string, report: ConformanceReport): Promise<void> {
  await writeReport(out, report);
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  if (summaryFile !== undefined) await writeGithubSummary(report, summaryFile);
  const reportPath = relative(process.cwd(), join(out, 'conformance.yaml'));
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(`${renderSummary(report, { colour, reportPath })}\n`);
}
