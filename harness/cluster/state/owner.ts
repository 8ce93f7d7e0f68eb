import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { defined } from '../../common/defined.ts';
import { startTime } from '../../bootstrap/lock.mjs';

/** A process that owns something; pid and start time together survive the reuse of pids. */
export interface Owner {
  pid: number;
  /** Clock ticks since boot (field 22 of /proc/PID/stat, see proc_pid_stat(5)), '' where there is no /proc. */
  started: string;
  /** Where that pid means something: the machine, its boot and its pid namespace. */
  place: Place;
  /** The pod it runs in (downward API), if it does. */
  pod?: PodIdentity;
}

export interface Place {
  host: string;
  /** Linux only (random(4), boot_id), else ''. */
  boot: string;
  /** Linux only (pid_namespaces(7)), else ''. */
  pids: string;
}

export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
}

/** What is known of an owner from here. */
export type Fate = 'alive' | 'dead' | 'unknown';

export const thisProcess = (): Owner => {
  const pod = thisPod();
  return { ...processHere(process.pid), ...defined({ pod }) };
};

/** A process of this machine, by its pid. */
export const processHere = (pid: number): Owner => ({ pid, started: startTime(pid) ?? '', place: thisPlace() });

/**
 * Whether an owner lives. Of one on another machine, or in another container, nothing is known: a pid of there means
 * somebody else here. One from before the last boot of this machine is dead.
 */
export function fateOf({ pid, started, place }: Owner, here = thisPlace()): Fate {
  // A record from before places were kept.
  if ((place as Place | undefined) === undefined) return 'unknown';
  if (place.host !== here.host) return 'unknown';
  if (place.boot !== here.boot) return 'dead';
  if (place.pids !== here.pids) return 'unknown';
  const now = startTime(pid);
  if (now !== undefined) return now === started ? 'alive' : 'dead';
  if (process.platform === 'linux') return 'dead';
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return 'dead';
  }
}

export const isAlive = (owner: Owner): boolean => fateOf(owner) === 'alive';

/** As an apposition: «process 123 on build-7». */
export const describeOwner = ({ pid, place, pod }: Owner): string =>
  pod === undefined
    ? `process ${pid} on ${(place as Place | undefined)?.host ?? 'a machine that is not on record'}`
    : `pod ${pod.namespace}/${pod.name}`;

function thisPlace(): Place {
  const read = (of: () => string) => {
    try {
      return of().trim();
    } catch {
      return '';
    }
  };
  return {
    host: hostname(),
    boot: read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pids: read(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** By what the manifest of a Job tells its pods (fixtures/job/job.yaml). */
function thisPod(): PodIdentity | undefined {
  const { MESHTRUST_POD_NAMESPACE: namespace, MESHTRUST_POD_NAME: name, MESHTRUST_POD_UID: uid } = process.env;
  return namespace === undefined || name === undefined || uid === undefined ? undefined : { namespace, name, uid };
}
