import { readFileSync } from 'node:fs';

/** A process that owns something; pid and start time together survive the reuse of pids. */
export interface Owner {
  pid: number;
  /** Clock ticks since boot (field 22 of /proc/PID/stat, see proc_pid_stat(5)), '' where there is no /proc. */
  started: string;
}

export const thisProcess = (): Owner => ({ pid: process.pid, started: startTime(process.pid) ?? '' });

export function isAlive(owner: Owner): boolean {
  const started = startTime(owner.pid);
  if (started !== undefined) return started === owner.started;
  if (process.platform === 'linux') return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Start time of a running process; undefined for one that is gone or only waits to be reaped. */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name may hold spaces and parentheses: count fields behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
