import { tryLock } from '../../bootstrap/lock.mjs';
import { environmentFailure } from '../../common/errors.ts';
import type { Progress } from '../../common/progress.ts';
import { eventually } from '../../common/retry.ts';
import { assertNoEngine } from './absence.ts';
import { askEngine, engineAnswers, type EngineInfo } from './ask.ts';
import { startEngine } from './daemon.ts';
import { assertAsksHere } from './endpoint.ts';
import { findProgram, installEngine, isEngineInstalled } from './install.ts';
import { processesNamed } from './look.ts';
import { type Machine, THIS_MACHINE } from './machine.ts';
import { ownEngine } from './owned.ts';

export interface Engine {
  /** Version of the server, with where it came from, for the report. */
  description: string;
}

/**
 * Finds the container engine or, on Debian and Ubuntu as root, installs and starts one where there is none for
 * certain. An engine that already runs is used as it is: never restarted, never reconfigured.
 */
export async function ensureEngine(
  progress: Progress,
  signal: AbortSignal,
  machine: Machine = THIS_MACHINE,
): Promise<Engine> {
  const answer = await askEngine(signal);
  if (answer.info !== undefined) return accept(answer.info, 'found running');
  await assertAsksHere(machine, answer.words, signal);
  assertMayStart(machine, answer.words);
  using _lock = await startersLock(progress, signal);
  // Ours may be on its way up, if its command was killed, or down, if that one has just ended.
  await comeToRest(() => ownEngine() !== undefined, signal);
  const info = (await engineUnlessAbsent(machine, signal)) ?? (await installed(progress, signal, machine));
  if (info !== undefined) return accept(info, 'found running');
  await progress.phase('Start the container engine', () => startEngine(machine, signal));
  const started = await askEngine(signal);
  if (started.info === undefined) {
    throw environmentFailure('The container engine stopped right after it had started.', { evidence: started.words });
  }
  return accept(started.info, 'started by meshtrust');
}

/** The engine, if there is one; undefined if there is none for certain, and docker would ask one that is started. */
async function engineUnlessAbsent(machine: Machine, signal: AbortSignal): Promise<EngineInfo | undefined> {
  const answer = await askEngine(signal);
  if (answer.info !== undefined) return answer.info;
  await assertAsksHere(machine, answer.words, signal);
  await assertNoEngine(machine, findProgram('docker') !== undefined, answer.words);
  return undefined;
}

/** Installs an engine where none is; Debian's package may have started it by then. */
async function installed(progress: Progress, signal: AbortSignal, machine: Machine): Promise<EngineInfo | undefined> {
  if (isEngineInstalled()) return undefined;
  await installEngine(progress, signal);
  await comeToRest(() => processesNamed('dockerd', machine.proc).length > 0, signal);
  return await engineUnlessAbsent(machine, signal);
}

/** Waits until an engine that is there answers, or is gone. What is then true is for the next look to say. */
async function comeToRest(isThere: () => boolean, signal: AbortSignal): Promise<void> {
  const attempt = () => (isThere() ? engineAnswers(signal) : Promise.resolve());
  try {
    await eventually(attempt, { waitingFor: 'the container engine to answer', within: 'engineStart', signal });
  } catch {
    signal.throwIfAborted();
  }
}

/** Two first commands at once would each find no engine, and each start one. */
async function startersLock(progress: Progress, signal: AbortSignal): Promise<Disposable> {
  const first = tryLock('engine');
  if (first.release !== undefined) return { [Symbol.dispose]: first.release };
  const waitingFor = 'another command that starts the container engine';
  const attempt = async () => {
    const { release, heldBy } = tryLock('engine');
    if (release === undefined) throw new Error(`process ${heldBy} is about to start it`);
    return { [Symbol.dispose]: release };
  };
  return await progress.phase(`Wait for ${waitingFor} (process ${first.heldBy})`, () =>
    eventually(attempt, { waitingFor, within: 'engineInstall', signal }),
  );
}

function accept(info: EngineInfo, how: string): Engine {
  if (info.OSType !== 'linux') {
    throw environmentFailure(`The container engine runs ${info.OSType} containers.`, {
      next: 'Switch it to Linux containers and run the command again.',
    });
  }
  if (info.SecurityOptions?.some((option) => option.includes('name=rootless')) === true) {
    throw environmentFailure('The container engine is rootless: it cannot run the privileged container of a node.', {
      next: 'Point DOCKER_HOST at a rootful engine.',
    });
  }
  return { description: `Docker ${info.ServerVersion} (${how})` };
}

function assertMayStart(machine: Machine, words: string): void {
  if (machine.mayStart) return;
  throw environmentFailure('No container engine answers (docker info).', {
    next:
      process.platform === 'linux'
        ? 'Start Docker, add this user to its group, or run as root on Debian or Ubuntu to have it installed.'
        : 'Start Docker Desktop, Colima or another Docker engine and run the command again.',
    evidence: words,
  });
}
