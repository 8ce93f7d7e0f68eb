import { environmentFailure } from '../../common/errors.ts';
import { type Door, lookAtDoor, processesNamed } from './look.ts';
import type { Machine } from './machine.ts';
import { engineLog, ownEngine } from './owned.ts';

/** What there is of an engine that does not answer. */
export interface Traces {
  /** Whether there is a docker program to talk to it. */
  hasDocker: boolean;
  /** Processes named dockerd. */
  daemons: readonly number[];
  /** How to read what the daemon has logged. */
  log: string;
  /** Where docker knocks. */
  door: Door;
}

export interface Objection {
  reason: string;
  next: string;
}

/**
 * Fails unless it is certain that this machine has no engine: a second dockerd on the data of one that is only silent
 * would destroy what that one holds.
 */
export async function assertNoEngine(machine: Machine, hasDocker: boolean, words: string): Promise<void> {
  const traces = {
    hasDocker,
    daemons: processesNamed('dockerd', machine.proc),
    log: ownEngine() === undefined ? 'journalctl -u docker' : engineLog(),
    door: await lookAtDoor(machine.socket),
  };
  const objection = whyNotStart(traces);
  if (objection === undefined) return;
  throw environmentFailure(objection.reason, { next: objection.next, command: 'docker info', evidence: words });
}

/** Why no engine may be started beside what was found; undefined where there is none for certain. */
export function whyNotStart({ hasDocker, daemons: [daemon], log, door }: Traces): Objection | undefined {
  if (daemon !== undefined && !hasDocker) {
    return {
      reason: `A container engine runs (dockerd, process ${daemon}), but there is no docker program on the PATH.`,
      next: 'Install the command line that belongs to it (docker-cli or docker-ce-cli) and run the command again.',
    };
  }
  if (daemon !== undefined) {
    return {
      reason: `A container engine runs (dockerd, process ${daemon}) and does not answer.`,
      next: `Read its log (${log}), restart it or end it, and run the command again.`,
    };
  }
  if (door.knock === 'accepts') {
    return {
      reason: `Somebody listens at ${door.path} and does not answer as a container engine does.`,
      next: `See who it is (ss -xlp src ${door.path}; systemctl status docker.socket), start or stop it, and run the command again.`,
    };
  }
  if (door.leadsTo !== undefined) {
    return {
      reason: `${door.path} leads to another engine, ${door.leadsTo}, which does not answer.`,
      next: 'Start that one, or remove the link to have an engine started here, and run the command again.',
    };
  }
  if (door.knock === 'unsure') {
    return {
      reason: `Whether a container engine listens at ${door.path} cannot be found out.`,
      next: 'Start Docker yourself and run the command again.',
    };
  }
  return undefined;
}

/** Whether a socket is nobody's for certain: it refuses, and no process of that name lives that may yet listen there. */
export function isDeadSocket(door: Door, owners: readonly number[]): boolean {
  return door.isSocket && door.knock === 'refuses' && owners.length === 0;
}
