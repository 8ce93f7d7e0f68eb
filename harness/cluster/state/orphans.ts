import { readdirSync, readFileSync } from 'node:fs';
import { RUN_MARKER } from '../../common/process.ts';

/**
 * Processes that carry the id of one of these runs in their environment: children of a run that was killed.
 * Linux only; elsewhere there is no /proc and the list is empty.
 */
export function processesOf(runs: ReadonlySet<string>): number[] {
  if (process.platform !== 'linux' || runs.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && runs.has(runOf(pid) ?? ''));
}

function runOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((variable) => variable.startsWith(`${RUN_MARKER}=`))?.slice(RUN_MARKER.length + 1);
  } catch {
    return undefined; // gone meanwhile, or somebody else's
  }
}

/** Ends them; they are children of a dead run, so there is nothing to ask. */
export function endProcesses(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone meanwhile
    }
  }
}
