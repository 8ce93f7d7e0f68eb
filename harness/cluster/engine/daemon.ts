import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { environmentFailure, messageOf } from '../../common/errors.ts';
import { removeSocket } from '../ownership/files.ts';
import { RUN_MARKER } from '../../common/process.ts';
import { eventually } from '../../common/retry.ts';
import { isAlive } from '../state/owner.ts';
import { isDeadSocket } from './absence.ts';
import { engineAnswers } from './ask.ts';
import { findProgram } from './install.ts';
import { lookAtDoor, processesNamed } from './look.ts';
import { type Machine, THIS_MACHINE } from './machine.ts';
import { engineHome, engineLog, forgetOwnEngine, ownEngine, rememberOwnEngine } from './owned.ts';
import { runtimeFlags } from './runtime-wrapper.ts';
import { isInUse } from './use.ts';

/** Starts dockerd for the machine; it outlives a run only while somebody's containers need it. */
export async function startEngine(machine: Machine, signal: AbortSignal): Promise<void> {
  const dockerd = findProgram('dockerd');
  if (dockerd === undefined) throw environmentFailure('dockerd is not installed.');
  mkdirSync(engineHome(), { recursive: true });
  await removeDeadSocket(machine.containerdSocket, 'containerd', machine.proc);
  await removeDeadSocket(machine.socket, 'dockerd', machine.proc);

  const log = engineLog();
  // Its own pid file: one left in /var/run by a killed daemon would stop this one from starting.
  const child = spawn(dockerd, ['--pidfile', join(engineHome(), 'docker.pid'), ...runtimeFlags(engineHome())], {
    detached: true,
    stdio: ['ignore', openSync(log, 'w', 0o600), openSync(log, 'a')],
    env: daemonEnvironment(dockerd),
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      // Another run may have been quicker: then its engine answers.
      engineAnswers(signal).then(resolve, () => reject(new Error(`dockerd ended with exit code ${String(code)}`)));
    });
  });
  child.unref();
  if (child.pid !== undefined && ownEngine() === undefined) rememberOwnEngine(child.pid);
  try {
    await Promise.race([
      eventually(() => engineAnswers(signal), {
        waitingFor: 'the container engine to answer',
        within: 'engineStart',
        signal,
      }),
      exited,
    ]);
  } catch (error) {
    signal.throwIfAborted();
    throw environmentFailure(`The container engine could not be started: ${messageOf(error)}`, {
      next: `Start Docker yourself, or read ${log}.`,
      evidence: readFileSync(log, 'utf8'),
      cause: error,
    });
  }
}

/**
 * Stops the engine if it is one that meshtrust started and nobody uses it any more. One that is left running is for a
 * later command to stop.
 * @param isWanted asked last of all: whether another command has come meanwhile that will use it
 */
export async function stopOwnEngine(
  isWanted: () => boolean = () => false,
  machine: Machine = THIS_MACHINE,
): Promise<void> {
  const owner = ownEngine();
  if (owner === undefined || (await isInUse(machine)) || isWanted() || !isAlive(owner)) return;
  process.kill(owner.pid, 'SIGTERM');
  await eventually(
    () =>
      isAlive(owner) ? Promise.reject(new Error(`dockerd (process ${owner.pid}) is still running`)) : Promise.resolve(),
    { waitingFor: 'the container engine to stop', within: 'engineStart' },
  );
  forgetOwnEngine();
}

function daemonEnvironment(dockerd: string): NodeJS.ProcessEnv {
  // It outlives the run: neither its marker nor its temporary folder are for it.
  const { [RUN_MARKER]: _marker, TMPDIR: _temporary, ...environment } = process.env;
  return { ...environment, PATH: `${environment['PATH'] ?? ''}:${dirname(dockerd)}:/usr/sbin:/sbin` };
}

/** A killed containerd leaves its socket, and dockerd would wait for somebody to answer there. */
async function removeDeadSocket(path: string, daemon: string, proc: string): Promise<void> {
  if (isDeadSocket(await lookAtDoor(path), processesNamed(daemon, proc))) removeSocket(path);
}
