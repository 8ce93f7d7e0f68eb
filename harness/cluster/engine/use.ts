import { setTimeout as delay } from 'node:timers/promises';
import { deadline } from '../../common/deadlines.ts';
import { containersAt } from './docker.ts';
import { hostOf } from './endpoint.ts';
import { connectionsTo, lookAtDoor } from './look.ts';
import type { Machine } from './machine.ts';

/** So many looks in a row have to find nobody: between two calls of one client there may be no connection. */
const QUIET_LOOKS = 4;
/** Our own last command may still be closing its connection during the first ones. */
const MOST_LOOKS = 12;

/** Whether anything runs in the engine of this machine, or somebody talks to it: a build runs for whoever does. */
export async function isInUse(machine: Machine): Promise<boolean> {
  return (await isTalkedTo(machine)) || (await runsContainers(machine));
}

async function isTalkedTo(machine: Machine): Promise<boolean> {
  let quiet = 0;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    if (looks > 0) await delay(deadline('poll'));
    quiet = isAnybodyConnected(machine) ? 0 : quiet + 1;
    if (quiet === QUIET_LOOKS) return false;
  }
  return true;
}

function isAnybodyConnected({ socket, proc }: Machine): boolean {
  try {
    return connectionsTo(socket, proc) > 0;
  } catch {
    return true; // Who cannot be seen may be there.
  }
}

/** Asks the engine of this machine, wherever DOCKER_HOST or a context may lead by now. */
async function runsContainers(machine: Machine): Promise<boolean> {
  const signal = AbortSignal.timeout(deadline('engineStart'));
  const containers = await containersAt(hostOf(machine), signal);
  if (containers.exitCode === 0) return containers.stdout.trim() !== '';
  // One that does not listen yet (interrupted while starting) runs nothing; of one that does, who knows.
  return (await lookAtDoor(machine.socket)).knock === 'accepts';
}
