import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { messageOf, usageFailure } from '../errors.ts';
import { digestOf } from './digest.ts';
import type { ConformanceReport } from './model.ts';
import { validateReport } from './schema.ts';
import { mapStrings, plain } from './text.ts';

/** A report and where it was read from. */
export interface StoredReport {
  /** Path of its conformance.yaml, as the user may know it. */
  file: string;
  /** Folder that its evidence is relative to. */
  folder: string;
  report: ConformanceReport;
}

/**
 * The report at `path`, a folder that holds a conformance.yaml or such a file. It is valid, its digest is right, and its
 * text is freed of control characters. Anything else fails with exit code 2.
 */
export function readReport(path: string): StoredReport {
  const { file, text } = readText(path);
  const content = parseYaml(file, text);
  const violations = validateReport(content).map(plain);
  if (violations.length > 0) {
    throw usageFailure(`${file} is no report of meshtrust, or one of another version.`, {
      next: 'Take the conformance.yaml as a run has written it.',
      evidence: violations.join('\n'),
    });
  }
  const report = content as ConformanceReport;
  if (digestOf(report) !== report.digest) {
    throw usageFailure(`${file} was changed after it was written: its digest does not fit its content.`, {
      next: 'Take the conformance.yaml as a run has written it.',
    });
  }
  return { file, folder: dirname(file), report: mapStrings(report, plain) };
}

function readText(path: string): { file: string; text: string } {
  try {
    const file = statSync(path).isDirectory() ? join(path, 'conformance.yaml') : path;
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    throw usageFailure(`There is no report at ${path}: ${messageOf(error)}`, {
      next: "Name the folder of a run's report, or the conformance.yaml in it.",
      cause: error,
    });
  }
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw usageFailure(`${file} is not YAML: ${plain(messageOf(error))}`, { cause: error });
  }
}
