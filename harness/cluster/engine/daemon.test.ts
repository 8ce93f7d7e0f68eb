import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startTime } from '../../bootstrap/lock.mjs';
import { stopOwnEngine } from './daemon.ts';
import { rememberOwnEngine } from './owned.ts';

afterEach(() => vi.unstubAllEnvs());

/** An engine that only listens, remembered as one of ours, and a docker that lists what `containers` holds. */
async function engine({ listens = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'meshtrust-engine-'));
  const at = (...parts: string[]) => join(folder, ...parts);
  const socket = at('docker.sock');
  const docker = `#!/bin/sh\necho "$@" > '${at('asked')}'\nexec cat '${at('containers')}'\n`;
  writeFileSync(at('docker'), docker);
  chmodSync(at('docker'), 0o755);
  writeFileSync(at('containers'), '');
  vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter));
  vi.stubEnv('XDG_CACHE_HOME', at('cache'));
  const home = at('cache', 'meshtrust', 'engine');
  mkdirSync(home, { recursive: true });

  const up = `console.log('up'); setInterval(() => {}, 60_000)`;
  const listening = `require('net').createServer((c) => c.resume()).listen('${socket}', () => { ${up} })`;
  const daemon: ChildProcess = spawn(process.execPath, ['--eval', listens ? listening : up], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(daemon.stdout!, 'data');
  rememberOwnEngine(daemon.pid!);
  const machine = { proc: '/proc', socket, containerdSocket: at('containerd.sock'), mayStart: true };
  return {
    at,
    socket,
    ownerFile: join(home, 'owner.json'),
    stop: (there: Partial<typeof machine> = {}, isWanted?: () => boolean) =>
      stopOwnEngine(isWanted, { ...machine, ...there }),
    /** Whether it still runs, and whether a later command will know it for ours. */
    state: () => ({
      runs: startTime(daemon.pid!) !== undefined,
      isRemembered: existsSync(join(home, 'owner.json')),
    }),
    [Symbol.dispose]() {
      daemon.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

const LEFT_RUNNING = { runs: true, isRemembered: true };
const STOPPED = { runs: false, isRemembered: false };

describe('stopOwnEngine', () => {
  it('leaves the engine to a build of somebody else, and stops it once nobody is connected', async () => {
    using box = await engine();
    const build = connect(box.socket);
    await once(build, 'connect');
    await box.stop();
    expect(box.state()).toEqual(LEFT_RUNNING);
    build.destroy();
    await box.stop();
    expect(box.state()).toEqual(STOPPED);
  });

  it('waits for the last command’s connection to close', async () => {
    using box = await engine();
    const last = connect(box.socket);
    await once(last, 'connect');
    setTimeout(() => last.destroy(), 600);
    await box.stop();
    expect(box.state()).toEqual(STOPPED);
  });

  it('leaves it to containers, and asks the engine itself for them wherever DOCKER_HOST leads', async () => {
    using box = await engine();
    vi.stubEnv('DOCKER_HOST', 'tcp://far:2376');
    writeFileSync(box.at('containers'), '0123456789ab\n');
    await box.stop();
    expect(box.state()).toEqual(LEFT_RUNNING);
    expect(readFileSync(box.at('asked'), 'utf8')).toBe(`--host unix://${box.socket} ps --quiet\n`);
  });

  it('leaves one that listens and does not answer, and stops one that was interrupted before it listened', async () => {
    {
      using box = await engine();
      rmSync(box.at('containers')); // docker fails
      await box.stop();
      expect(box.state()).toEqual(LEFT_RUNNING);
    }
    using box = await engine({ listens: false });
    rmSync(box.at('containers'));
    await box.stop();
    expect(box.state()).toEqual(STOPPED);
  });

  it('leaves it where nobody can tell who is connected', async () => {
    using box = await engine();
    await box.stop({ proc: box.at('no-proc') });
    expect(box.state()).toEqual(LEFT_RUNNING);
  });

  it('leaves it to a command that has come meanwhile', async () => {
    using box = await engine();
    await box.stop({}, () => true);
    expect(box.state()).toEqual(LEFT_RUNNING);
  });

  it.each([
    ['with another start time', { started: '1' }],
    ['with no start time', { started: '' }],
    ['of another boot', { place: { host: 'elsewhere', boot: '', pids: '' } }],
  ])('leaves a process that only its pid says is ours: %s', async (_, change) => {
    using box = await engine();
    const owner = JSON.parse(readFileSync(box.ownerFile, 'utf8')) as object;
    writeFileSync(box.ownerFile, JSON.stringify({ ...owner, ...change }));
    await box.stop();
    expect(box.state()).toEqual(LEFT_RUNNING);
  });
});
