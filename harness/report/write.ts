import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { ConformanceReport } from './model.ts';
import { renderYaml } from './yaml.ts';

/**
 * Writes `conformance.yaml` and `junit.xml` into `folder`, which is made if need be. Each file appears whole or not at
 * all, and an older one stays until then. Rejects with the file system's error.
 */
export async function writeReport(folder: string, report: ConformanceReport): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, 'junit.xml'), renderJunit(report));
  await writeWhole(join(folder, 'conformance.yaml'), renderYaml(report));
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
