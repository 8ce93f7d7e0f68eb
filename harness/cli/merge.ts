import { realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { usageFailure } from '../common/errors.ts';
import { OwnedFolder } from '../cluster/ownership/report-folder.ts';
import { copyEvidence } from '../verdict/report/merge-evidence.ts';
import { mergeReports } from '../verdict/report/merge.ts';
import { readIntact, type StoredReport } from '../verdict/report/read.ts';
import { shardsOf } from '../verdict/report/shards.ts';
import { exitCodeFor } from '../verdict/report/verdict.ts';
import { publishReport } from '../run/output.ts';

export interface MergeFlags {
  out?: string;
  partial?: true;
}

/** `meshtrust merge`: one report of the shards of a run, with all their evidence. Returns the exit code of that run. */
export async function mergeCommand(paths: readonly string[], flags: MergeFlags): Promise<number> {
  const shards = shardsOf(paths.map(readIntact), { partial: flags.partial === true });
  const report = mergeReports(shards);
  const out = resolve(flags.out ?? join('reports', report.run.id));
  assertElsewhere(out, shards.present);
  const merged = OwnedFolder.take(out, report.run.id);
  for (const { folder, shard, report: part } of shards.present) await copyEvidence(folder, merged, shard, part);
  await publishReport(merged, report);
  return exitCodeFor(report);
}

/** What is merged must not be cleared away for the merged report. */
function assertElsewhere(out: string, shards: readonly StoredReport[]): void {
  for (const { file, folder } of shards) {
    const input = realpathSync(folder);
    if (input !== realPath(out) && !input.startsWith(join(realPath(out), 'evidence') + sep)) continue;
    throw usageFailure(`The merged report would replace ${file}.`, { next: 'Choose another folder with --out.' });
  }
}

/** `path` without links, also where its end does not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
