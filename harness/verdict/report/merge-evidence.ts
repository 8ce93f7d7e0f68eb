import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ReportFolder } from '../evidence/folder.ts';
import type { ConformanceReport } from './model.ts';
import type { Shard } from './shard.ts';

/**
 * Where a file of a shard's evidence lies in the merged report; paths are relative to the reports, with forward slashes.
 * The folder of a claim stays where it was, since no other shard has that claim; anything else, such as `evidence/lab/`,
 * goes below `evidence/shard-2/`.
 */
export function mergedPath(path: string, shard: Shard, { claims }: Pick<ConformanceReport, 'claims'>): string {
  const [top, folder, ...rest] = path.split('/');
  if (top !== 'evidence' || folder === undefined || claims.some(({ id }) => id === folder)) return path;
  return ['evidence', `shard-${shard.index}`, folder, ...rest].join('/');
}

/**
 * Copies the evidence of the report in the folder `from` to that of the merged report in `to`. Only real files: a link
 * may lead anywhere. Replaces nothing. Rejects with the file system's error.
 */
export async function copyEvidence(
  from: string,
  to: ReportFolder,
  shard: Shard,
  report: ConformanceReport,
): Promise<void> {
  for (const path of await evidenceIn(from)) {
    const copy = mergedPath(path, shard, report);
    if (!(await to.write(copy, await readFile(join(from, path))))) throw new Error(`${copy} is there already`);
  }
}

async function evidenceIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(folder, 'evidence'), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // a run that has seen nothing
    throw error;
  }
}
