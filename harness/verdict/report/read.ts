import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { messageOf, usageFailure } from '../../common/errors.ts';
import { reportDigest } from './digest.ts';
import type { ConformanceReport } from './model.ts';
import { validateReport } from './schema.ts';
import { mapStrings, plain } from '../../common/text.ts';

/** How many violations of the schema are told; one mistake may cause many. */
const VIOLATIONS = 5;

/** A report and where it was read from. */
export interface StoredReport {
  /** Path of its conformance.yaml, as the user may know it. */
  file: string;
  /** Folder that its evidence is relative to. */
  folder: string;
  report: ConformanceReport;
}

/**
 * The report in a file, or in the `conformance.yaml` of a folder. Its digest is not checked, see {@link readIntact}.
 * @throws Failure (usage) that names the file, and what keeps it from being a report.
 */
export const readReport = (path: string): ConformanceReport => read(path).report;

/**
 * The same of a report that nobody has changed since it was written, its text freed of control characters.
 * @throws Failure (usage) also where its digest does not fit.
 */
export function readIntact(path: string): StoredReport {
  const { file, report } = read(path);
  if (reportDigest(report) === report.digest) return { file, folder: dirname(file), report: mapStrings(report, plain) };
  throw usageFailure(`${file} was changed after it was written: its digest does not fit its content.`, {
    next: 'Take the conformance.yaml as a run has written it.',
  });
}

function read(path: string): { file: string; report: ConformanceReport } {
  const { file, text } = readText(path);
  let value: unknown;
  try {
    value = parse(text, { logLevel: 'error' });
  } catch (error) {
    throw noReport(file, messageOf(error).split('\n'), error);
  }
  const violations = validateReport(value);
  if (violations.length > 0) throw noReport(file, violations);
  return { file, report: value as ConformanceReport };
}

function readText(path: string): { file: string; text: string } {
  let file = path;
  try {
    if (statSync(path).isDirectory()) file = join(path, 'conformance.yaml');
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const next = 'Name a conformance.yaml, or the folder of a run that it lies in, such as reports/<run>/.';
    throw usageFailure(`${file} cannot be read: ${messageOf(error)}`, { next, cause: error });
  }
}

function noReport(file: string, reasons: readonly string[], cause?: unknown) {
  const more = reasons.length > VIOLATIONS ? [`and ${reasons.length - VIOLATIONS} more`] : [];
  return usageFailure(`${file} is no report of meshtrust.`, {
    next: 'Name a conformance.yaml that a run wrote; reports/conformance.schema.json says what is in one.',
    // It quotes a file that anybody may have written.
    evidence: plain([...reasons.slice(0, VIOLATIONS), ...more].join('\n')),
    cause,
  });
}
