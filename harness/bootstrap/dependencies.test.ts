import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ROOT } from './paths.mjs';

const WAITING = /^meshtrust: waiting for another command that installs the dependencies \(process (\d+)\)$/gm;

/** A checkout of its own, and an npm that goes on until it is let, and writes down when it ran. */
function checkout(npmEndsWith = 0) {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-bootstrap-'));
  const at = (...parts: string[]) => join(folder.path, ...parts);
  cpSync(join(ROOT, 'harness', 'bootstrap'), at('checkout', 'harness', 'bootstrap'), { recursive: true });
  writeFileSync(at('checkout', 'package-lock.json'), '{}');
  mkdirSync(at('bin'));
  writeFileSync(at('npm.log'), '');
  const npm = [
    '#!/bin/sh',
    'rm -rf node_modules',
    `echo begins >> '${at('npm.log')}'`,
    `while [ ! -e '${at('let')}' ]; do sleep 0.1; done`,
    'mkdir node_modules',
    `echo ends >> '${at('npm.log')}'`,
    `exit ${npmEndsWith}`,
  ];
  writeFileSync(at('bin', 'npm'), npm.join('\n'));
  chmodSync(at('bin', 'npm'), 0o755);

  const module = at('checkout', 'harness', 'bootstrap', 'dependencies.mjs');
  // npm is searched first where the pinned Node lies.
  const script = `import { ensureDependencies } from '${module}'; ensureDependencies('${at('bin', 'node')}');`;
  return {
    [Symbol.dispose]: () => folder.remove(),
    letNpmEnd: () => writeFileSync(at('let'), ''),
    npmLog: () => readFileSync(at('npm.log'), 'utf8').split('\n').filter(Boolean),
    locks: () => readdirSync(at('cache', 'meshtrust', 'locks')),
    command() {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        env: { ...process.env, XDG_CACHE_HOME: at('cache') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      return {
        child,
        said: () => said,
        waitedFor: () => [...said.matchAll(WAITING)].map(([, pid]) => Number(pid)),
        code: once(child, 'close').then(([code]) => code as number | null),
      };
    },
  };
}

const soon = (assertion: () => void) => vi.waitFor(assertion, { timeout: 30_000 });

describe('ensureDependencies', () => {
  it('has one of several commands at once run npm ci, and the others wait for it and say so once', async () => {
    using box = checkout();
    const commands = [box.command(), box.command(), box.command()];
    await soon(() => expect(commands.filter(({ said }) => said() !== '')).toHaveLength(3));
    await soon(() => expect(box.npmLog()).toContain('begins'));
    box.letNpmEnd();
    expect(await Promise.all(commands.map(({ code }) => code))).toEqual([0, 0, 0]);
    expect(box.npmLog()).toEqual(['begins', 'ends']);
    const installer = commands.find(({ said }) => said().includes('(npm ci)'))!.child.pid;
    expect(commands.flatMap(({ waitedFor }) => waitedFor())).toEqual([installer, installer]);
    expect(box.locks()).toEqual([]);
  });

  it('takes over from one that was killed, one at a time, and not before the npm it left behind has ended', async () => {
    using box = checkout();
    const killed = box.command();
    await soon(() => expect(box.npmLog()).toEqual(['begins']));
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    const next = [box.command(), box.command(), box.command()];
    await soon(() =>
      expect(next.map(({ waitedFor }) => waitedFor())).toEqual([
        [expect.any(Number)],
        [expect.any(Number)],
        [expect.any(Number)],
      ]),
    );
    expect(next.flatMap(({ waitedFor }) => waitedFor())).not.toContain(killed.child.pid);
    expect(box.npmLog()).toEqual(['begins']);
    box.letNpmEnd();
    expect(await Promise.all(next.map(({ code }) => code))).toEqual([0, 0, 0]);
    expect(box.npmLog()).toEqual(['begins', 'ends', 'begins', 'ends']);
    expect(box.locks()).toEqual([]);
  });

  it('gives the lock back when npm fails: the next command tries again', async () => {
    using box = checkout(7);
    box.letNpmEnd();
    const first = box.command();
    expect(await first.code).not.toBe(0);
    expect(first.said()).toContain('npm ci failed (exit code 7).');
    expect(box.locks()).toEqual([]);
    await box.command().code;
    expect(box.npmLog()).toEqual(['begins', 'ends', 'begins', 'ends']);
  });
});
