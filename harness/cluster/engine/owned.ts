import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discard } from '../ownership/files.ts';
import { cacheFolder } from '../../common/paths.ts';
import { isAlive, type Owner, processHere } from '../state/owner.ts';

/** Where the engine that meshtrust starts has its log, its pid file and who it is. */
export const engineHome = () => join(cacheFolder(), 'engine');
export const engineLog = () => join(engineHome(), 'dockerd.log');
const ownerFile = () => join(engineHome(), 'owner.json');

/** The living dockerd that meshtrust has started; undefined where that is not certain. */
export function ownEngine(): Owner | undefined {
  const owner = readOwner();
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

export function rememberOwnEngine(pid: number): void {
  writeFileSync(ownerFile(), JSON.stringify(processHere(pid)));
}

export function forgetOwnEngine(): void {
  discard(ownerFile());
}

function readOwner(): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(ownerFile(), 'utf8')) as Partial<Owner>;
    // A pid without a start time could be anybody's by now.
    const isCertain = Number.isInteger(owner.pid) && typeof owner.started === 'string' && owner.started !== '';
    return isCertain ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}
