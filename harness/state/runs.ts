import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../paths.ts';
import { RUN_MARKER } from '../process.ts';
import { isAlive, type Owner, thisProcess } from './owner.ts';

/** What is known of a run that may have left something: kept in the user's cache until everything of it is gone. */
export interface RunRecord {
  id: string;
  owner: Owner;
  /** The lab is to outlive the run (`up`, `--keep`). */
  kept: boolean;
}

const folder = () => join(cacheFolder(), 'runs');

/** Folder for a run's working files: kubeconfig, image links. Private to the user, removed with the run. */
export const workFolder = (id: string) => join(folder(), id);

/** Private keys that a run has made, PEM after PEM: what the report is searched for before it is handed out. */
export const keysFile = (id: string) => join(workFolder(id), 'keys.pem');

/**
 * A new folder for unfinished work of this process's run, on the cache's file system so that what is finished can be
 * renamed into place. It goes with the run, however that ends.
 */
export function scratchFolder(name: string): string {
  const home = workFolder(process.env[RUN_MARKER] ?? `process-${process.pid}`);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return mkdtempSync(join(home, `${name}-`));
}

export function recordRun(id: string): RunRecord {
  const record: RunRecord = { id, owner: thisProcess(), kept: false };
  mkdirSync(workFolder(id), { recursive: true, mode: 0o700 });
  saveRun(record);
  return record;
}

export function saveRun(record: RunRecord): void {
  const path = join(workFolder(record.id), 'run.json');
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function forgetRun(id: string): void {
  // A process of the run that was just ended may still be writing its last file.
  rmSync(workFolder(id), { recursive: true, force: true, maxRetries: 10 });
}

export function allRuns(): RunRecord[] {
  return listFolder(folder()).map((id) => readRun(id));
}

/** A folder without a readable record is a run that died while it was being recorded: nobody owns it. */
function readRun(id: string): RunRecord {
  try {
    return JSON.parse(readFileSync(join(workFolder(id), 'run.json'), 'utf8')) as RunRecord;
  } catch {
    return { id, owner: { pid: 0, started: '' }, kept: false };
  }
}

export const isOrphan = (record: RunRecord) => !record.kept && !isAlive(record.owner);

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
