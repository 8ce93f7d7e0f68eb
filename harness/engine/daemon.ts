import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { environmentFailure, messageOf } from '../errors.ts';
import { cacheFolder, fixture } from '../paths.ts';
import { RUN_MARKER, tryRun } from '../process.ts';
import { eventually } from '../retry.ts';
import { isAlive, type Owner, startTime } from '../state/owner.ts';
import { findProgram } from './install.ts';

const home = () => join(cacheFolder(), 'engine');
const ownerFile = () => join(home(), 'owner.json');

/** Starts dockerd for the machine; it outlives a run only while somebody's containers need it. */
export async function startEngine(answers: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const dockerd = findProgram('dockerd');
  if (dockerd === undefined) throw environmentFailure('dockerd is not installed.');
  mkdirSync(home(), { recursive: true });
  await removeDeadSocket('/run/containerd/containerd.sock');
  await removeDeadSocket('/var/run/docker.sock');

  const log = join(home(), 'dockerd.log');
  // Its own pid file: one left in /var/run by a killed daemon would stop this one from starting.
  const child = spawn(dockerd, ['--pidfile', join(home(), 'docker.pid'), ...runtimeFlags()], {
    detached: true,
    stdio: ['ignore', openSync(log, 'w', 0o600), openSync(log, 'a')],
    env: daemonEnvironment(dockerd),
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      // Another run may have been quicker: then its engine answers.
      answers().then(resolve, () => reject(new Error(`dockerd ended with exit code ${String(code)}`)));
    });
  });
  child.unref();
  const owner: Owner = { pid: child.pid ?? 0, started: startTime(child.pid ?? 0) ?? '' };
  const other = readOwner();
  if (other === undefined || !isAlive(other)) writeFileSync(ownerFile(), JSON.stringify(owner));
  try {
    await Promise.race([
      eventually(answers, { waitingFor: 'the container engine to answer', within: 'engineStart', signal }),
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

/** Stops the engine if it is one that meshtrust started and nothing runs in it any more. */
export async function stopOwnEngine(): Promise<void> {
  const owner = readOwner();
  if (owner === undefined || !isAlive(owner)) return;
  const containers = await tryRun(['docker', 'ps', '--quiet']);
  // One that does not answer (interrupted while starting) runs nothing.
  if (containers.exitCode === 0 && containers.stdout.trim() !== '') return;
  process.kill(owner.pid, 'SIGTERM');
  await eventually(
    () =>
      isAlive(owner) ? Promise.reject(new Error(`dockerd (process ${owner.pid}) is still running`)) : Promise.resolve(),
    { waitingFor: 'the container engine to stop', within: 'engineStart' },
  );
  rmSync(ownerFile(), { force: true });
}

function readOwner(): Owner | undefined {
  try {
    return JSON.parse(readFileSync(ownerFile(), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/**
 * Where CAP_SYS_RESOURCE is missing from the bounding set (some sandboxes and nested containers), runc cannot start
 * a privileged container: a wrapper takes the capability out of the specification first.
 */
function runtimeFlags(): string[] {
  if (hasCapability(24)) return [];
  const wrapper = join(home(), 'runc-without-sys-resource');
  writeFileSync(wrapper, readFileSync(fixture('engine', 'runc-without-sys-resource')));
  chmodSync(wrapper, 0o755);
  return ['--add-runtime', `restricted=${wrapper}`, '--default-runtime', 'restricted'];
}

function hasCapability(bit: number): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return bounding === undefined || (BigInt(`0x${bounding}`) & (1n << BigInt(bit))) !== 0n;
}

function daemonEnvironment(dockerd: string): NodeJS.ProcessEnv {
  // It outlives the run: neither its marker nor its temporary folder are for it.
  const { [RUN_MARKER]: _marker, TMPDIR: _temporary, ...environment } = process.env;
  return { ...environment, PATH: `${environment['PATH'] ?? ''}:${dirname(dockerd)}:/usr/sbin:/sbin` };
}

/** A killed containerd leaves its socket, and dockerd would wait for somebody to answer there. */
async function removeDeadSocket(path: string): Promise<void> {
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (refused) rmSync(path, { force: true });
}
