import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { exitCodeOf, messageOf } from '../../common/errors.ts';
import { Progress } from '../../common/progress.ts';
import { ensureEngine } from './engine.ts';
import type { Machine } from './machine.ts';
import { ownEngine, rememberOwnEngine } from './owned.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Answers while the file `up` is there; a file `denied` holds what it says otherwise, `context` where it looks. */
const DOCKER = (at: (name: string) => string) => `#!/bin/sh
case "$1 $2" in
  'context inspect') [ -e '${at('context')}' ] && exec cat '${at('context')}'; echo 'context not found' >&2; exit 1;;
esac
if [ -e '${at('up')}' ]; then
  echo '{"ServerVersion":"1.2.3","OSType":"linux","SecurityOptions":null}'
else
  cat '${at('words')}' >&2
  exit 1
fi
`;

/** A machine of the test's own, with a docker and a dockerd of its own before all others on the PATH. */
function machineFor() {
  const folder = mkdtempSync(join(tmpdir(), 'meshtrust-engine-'));
  const at = (...parts: string[]) => join(folder, ...parts);
  const program = (name: string, text: string) => {
    writeFileSync(at('bin', name), text);
    chmodSync(at('bin', name), 0o755);
  };
  for (const name of ['bin', 'proc', 'cache']) mkdirSync(at(name));
  program('docker', DOCKER(at));
  program('dockerd', `#!/bin/sh\necho started >> '${at('starts')}'\nsleep 0.3\ntouch '${at('up')}'\nexec sleep 60\n`);
  vi.stubEnv('PATH', [at('bin'), process.env['PATH']].join(delimiter));
  vi.stubEnv('XDG_CACHE_HOME', at('cache'));
  vi.stubEnv('DOCKER_HOST', undefined);
  vi.stubEnv('DOCKER_CONTEXT', undefined);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);

  const socket = at('docker.sock');
  const machine: Machine = { proc: at('proc'), socket, containerdSocket: at('containerd.sock'), mayStart: true };
  writeFileSync(at('context'), `default unix://${socket}\n`);
  writeFileSync(at('words'), 'Cannot connect to the Docker daemon. Is the docker daemon running?\n');
  const ensure = (there: Partial<Machine> = {}) =>
    ensureEngine(new Progress(), new AbortController().signal, { ...machine, ...there });
  return {
    at,
    socket,
    ensure,
    /** The sentence it fails with: exit code 3, and no engine was started. */
    async refusal(there: Partial<Machine> = {}): Promise<string> {
      const error = await ensure(there).then(
        ({ description }) => new Error(`no failure but ${description}`),
        (thrown: unknown) => thrown,
      );
      expect(existsSync(at('starts'))).toBe(false);
      expect([messageOf(error), exitCodeOf(error)]).toEqual([expect.any(String), 3]);
      return messageOf(error);
    },
    starts: () => (existsSync(at('starts')) ? readFileSync(at('starts'), 'utf8').split('\n').length - 1 : 0),
    process(pid: number, name: string, state: string) {
      mkdirSync(at('proc', String(pid)));
      writeFileSync(at('proc', String(pid), 'stat'), `${pid} (${name}) ${state} 1 1 1`);
    },
    [Symbol.dispose]() {
      const own = ownEngine();
      if (own !== undefined) process.kill(own.pid, 'SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

function leaveDeadSocket(path: string): void {
  const program = `require('net').createServer().listen('${path}', () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['--eval', program], { stdio: 'ignore' })).toThrow();
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe('an engine that docker looks for elsewhere and does not find is not replaced', () => {
  it('in the context in use', async () => {
    using box = machineFor();
    writeFileSync(box.at('context'), 'far ssh://somebody@far\n');
    expect(await box.refusal()).toBe(
      [
        'No container engine answers at ssh://somebody@far, where docker’s context far leads.',
        'Start it, or run `docker context use default` to use the engine of this machine.',
        '  command: docker info',
        '  | Cannot connect to the Docker daemon. Is the docker daemon running?',
      ].join('\n'),
    );
  });

  it('in DOCKER_CONTEXT', async () => {
    using box = machineFor();
    vi.stubEnv('DOCKER_CONTEXT', 'far');
    writeFileSync(box.at('context'), 'far tcp://far:2376\n');
    expect(await box.refusal()).toContain(
      'tcp://far:2376, where docker’s context far leads.\nStart it, or unset DOCKER_CONTEXT',
    );
  });

  it('in a DOCKER_CONTEXT that does not exist', async () => {
    using box = machineFor();
    vi.stubEnv('DOCKER_CONTEXT', 'gone');
    rmSync(box.at('context'));
    expect(await box.refusal()).toMatch(/does not say where .*\(DOCKER_CONTEXT=gone\)\.\n[^]*context not found/);
  });

  it('in DOCKER_HOST', async () => {
    using box = machineFor();
    vi.stubEnv('DOCKER_HOST', 'tcp://far:2376');
    expect(await box.refusal()).toContain('No container engine answers at DOCKER_HOST=tcp://far:2376.\nStart it, or');
  });
});

describe('an engine of this machine that does not answer is not replaced', () => {
  it('while a process dockerd lives', async () => {
    using box = machineFor();
    box.process(321, 'dockerd', 'S');
    expect(await box.refusal()).toBe(
      [
        'A container engine runs (dockerd, process 321) and does not answer.',
        'Read its log (journalctl -u docker), restart it or end it, and run the command again.',
        '  command: docker info',
        '  | Cannot connect to the Docker daemon. Is the docker daemon running?',
      ].join('\n'),
    );
  });

  it('while somebody accepts connections in its place', async () => {
    using box = machineFor();
    const server = createServer((connection) => connection.destroy()).listen(box.socket);
    await once(server, 'listening');
    expect(await box.refusal()).toContain(`Somebody listens at ${box.socket} and does not answer`);
    server.close();
  });

  it('where its socket is a link to that of another engine', async () => {
    using box = machineFor();
    symlinkSync(box.at('podman.sock'), box.socket);
    expect(await box.refusal()).toContain(`leads to another engine, ${box.at('podman.sock')}, which does not answer.`);
    expect(lstatSync(box.socket).isSymbolicLink()).toBe(true);
  });

  it('where it refuses this user', async () => {
    using box = machineFor();
    writeFileSync(box.at('words'), 'permission denied while trying to connect to the Docker daemon socket\n');
    expect(await box.refusal()).toContain('The container engine refuses this user.\nAdd the user to the docker group');
  });

  it('by a user who may not start one', async () => {
    using box = machineFor();
    expect(await box.refusal({ mayStart: false })).toMatch(/^No container engine answers \(docker info\)\.\nStart /);
  });
});

describe('where there is none for certain, one is started', () => {
  it('beside what dead ones have left', async () => {
    using box = machineFor();
    box.process(321, 'dockerd', 'Z');
    box.process(322, 'dockerd-helper', 'S');
    leaveDeadSocket(box.socket);
    leaveDeadSocket(box.at('containerd.sock'));
    expect(await box.ensure()).toEqual({ description: 'Docker 1.2.3 (started by meshtrust)' });
    expect([box.starts(), existsSync(box.socket), existsSync(box.at('containerd.sock'))]).toEqual([1, false, false]);
  });

  it('also where DOCKER_HOST names the engine of this machine', async () => {
    using box = machineFor();
    vi.stubEnv('DOCKER_HOST', `unix://${box.socket}`);
    expect(await box.ensure()).toEqual({ description: 'Docker 1.2.3 (started by meshtrust)' });
  });

  it('once, by two first commands', async () => {
    using box = machineFor();
    const found = await Promise.all([box.ensure(), box.ensure()]);
    expect(found.map(({ description }) => description).sort()).toEqual([
      'Docker 1.2.3 (found running)',
      'Docker 1.2.3 (started by meshtrust)',
    ]);
    expect(box.starts()).toBe(1);
  });

  it('and the socket of a containerd that may yet come to listen stays', async () => {
    using box = machineFor();
    box.process(323, 'containerd', 'S');
    leaveDeadSocket(box.at('containerd.sock'));
    await box.ensure();
    expect(existsSync(box.at('containerd.sock'))).toBe(true);
  });
});

it('waits for an engine that another command of ours was about to start', async () => {
  using box = machineFor();
  const ours = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(ours, 'spawn');
  mkdirSync(box.at('cache', 'meshtrust', 'engine'), { recursive: true });
  rememberOwnEngine(ours.pid!);
  box.process(ours.pid!, 'dockerd', 'S');
  setTimeout(() => writeFileSync(box.at('up'), ''), 700);
  expect(await box.ensure()).toEqual({ description: 'Docker 1.2.3 (found running)' });
  expect(box.starts()).toBe(0);
});
