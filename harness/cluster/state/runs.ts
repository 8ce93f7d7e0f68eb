import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFailure, messageOf } from '../../common/errors.ts';
import { discard, placeFile } from '../ownership/files.ts';
import { cacheFolder } from '../../common/paths.ts';
import { RUN_MARKER } from '../../common/process.ts';
import { fateOf, type Owner, processHere, thisProcess } from './owner.ts';

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

/** What a run hands to the process that writes its report, one JSON object a line. */
export const eventsFile = (id: string) => join(workFolder(id), 'events.ndjson');

/** What a run keeps secret, one JSON string a line: what its report is searched for before it is handed out. */
const secretsFile = (id: string) => join(workFolder(id), 'secrets.ndjson');

export const rememberSecret = (id: string, secret: string): void =>
  appendFileSync(secretsFile(id), `${JSON.stringify(secret)}\n`, { mode: 0o600 });

/** All of them; a line that was cut by a kill is none. */
export function secretsOf(id: string): string[] {
  if (!existsSync(secretsFile(id))) return [];
  return readFileSync(secretsFile(id), 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as string];
      } catch {
        return [];
      }
    });
}

/**
 * A new folder for unfinished work of this process's run, on the cache's file system so that what is finished can be
 * renamed into place. It goes with the run, however that ends.
 */
export function scratchFolder(name: string): string {
  const home = workFolder(process.env[RUN_MARKER] ?? `process-${process.pid}`);
  makeFolder(home);
  return mkdtempSync(join(home, `${name}-`));
}

export function recordRun(id: string): RunRecord {
  const record: RunRecord = { id, owner: thisProcess(), kept: false };
  makeFolder(workFolder(id));
  saveRun(record);
  return record;
}

/** Makes a private folder in the cache. Fails, exit code 3, where that cannot be written. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw environmentFailure(`The cache ${cacheFolder()} cannot be written: ${messageOf(error)}`, {
      next: 'Make it writable, free some disk, or point XDG_CACHE_HOME elsewhere.',
      cause: error,
    });
  }
}

export function saveRun(record: RunRecord): void {
  placeFile(join(workFolder(record.id), 'run.json'), JSON.stringify(record), 0o600);
}

export const forgetRun = (id: string): void => discard(workFolder(id));

export function allRuns(): RunRecord[] {
  return listFolder(folder()).map((id) => readRun(id));
}

/** A folder without a readable record is a run that died while it was being recorded: nobody owns it. */
function readRun(id: string): RunRecord {
  try {
    return JSON.parse(readFileSync(join(workFolder(id), 'run.json'), 'utf8')) as RunRecord;
  } catch {
    return { id, owner: { ...processHere(0), started: 'never' }, kept: false };
  }
}

/** Nobody is there any more who would remove what it has made; of a run elsewhere that cannot be said from here. */
export const isOrphan = ({ kept, owner }: RunRecord) => !kept && fateOf(owner) === 'dead';

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
