import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { connectionsTo, countConnections, lookAtDoor, processesNamed } from './look.ts';

describe('lookAtDoor', () => {
  it('tells a socket with somebody behind it from a file, a link and nothing', async () => {
    using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-look-'));
    const at = (name: string) => join(box.path, name);
    const server = createServer((connection) => connection.destroy()).listen(at('open'));
    await once(server, 'listening');
    writeFileSync(at('file'), '');
    symlinkSync(at('open'), at('link'));
    symlinkSync(at('nowhere'), at('dangling'));
    expect(
      await Promise.all(['open', 'file', 'link', 'dangling', 'nothing'].map((name) => lookAtDoor(at(name)))),
    ).toEqual([
      { path: at('open'), knock: 'accepts', isSocket: true },
      { path: at('file'), knock: 'refuses', isSocket: false },
      { path: at('link'), knock: 'accepts', isSocket: false, leadsTo: at('open') },
      { path: at('dangling'), knock: 'absent', isSocket: false, leadsTo: at('nowhere') },
      { path: at('nothing'), knock: 'absent', isSocket: false },
    ]);
    server.close();
  });
});

describe('processesNamed', () => {
  it('leaves out zombies and others of a similar name', () => {
    using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-look-'));
    const stats = ['(dockerd) S', '(dockerd) Z', '(dockerd-x) S', '(a (dockerd) S', '(dockerd) R', '(dockerd) X'];
    for (const [index, stat] of stats.entries()) {
      mkdirSync(join(box.path, String(index + 1)));
      writeFileSync(join(box.path, String(index + 1), 'stat'), `${index + 1} ${stat} 1 1\n`);
    }
    mkdirSync(join(box.path, 'net'));
    mkdirSync(join(box.path, '99')); // gone while being looked at
    expect(processesNamed('dockerd', box.path)).toEqual([1, 5]);
  });

  it('finds a real one', async () => {
    using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-look-'));
    const program = join(box.path, 'mt-daemon');
    writeFileSync(program, '#!/bin/sh\nsleep 60 & wait\n');
    chmodSync(program, 0o755);
    const child = spawn(program, { stdio: 'ignore', detached: true });
    await once(child, 'spawn');
    expect(processesNamed('mt-daemon', '/proc')).toContain(child.pid);
    process.kill(-child.pid!, 'SIGKILL');
    await once(child, 'exit');
    expect(processesNamed('mt-daemon', '/proc')).not.toContain(child.pid);
  });
});

describe('connections', () => {
  const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000029741324: 00000003 00000000 00000000 0001 03  5471
00000000d19671bf: 00000002 00000000 00010000 0001 01  6346 /var/run/docker.sock
00000000296366b1: 00000003 00000000 00000000 0001 03  5476 /var/run/docker.sock
00000000296366b2: 00000003 00000000 00000000 0001 02     0 /run/docker.sock
0000000083c5e7c9: 00000003 00000000 00000000 0001 03  6359 /var/run/docker/containerd/containerd.sock
00000000357c5cec: 00000002 00000000 00000000 0002 01  6344 @54f32
`;

  it('are those of that path, accepted or not yet', () => {
    expect(countConnections(table, ['/var/run/docker.sock', '/run/docker.sock'])).toBe(2);
    expect(countConnections(table, ['/run/other.sock'])).toBe(0);
  });

  it('are seen while they are open', async () => {
    using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust look '));
    const socket = join(box.path, 'docker.sock');
    const server = createServer((connection) => connection.resume()).listen(socket);
    await once(server, 'listening');
    expect(connectionsTo(socket, '/proc')).toBe(0);
    const clients = [connect(socket), connect(socket)];
    await Promise.all(clients.map((client) => once(client, 'connect')));
    expect(connectionsTo(socket, '/proc')).toBe(2);
    for (const client of clients) client.destroy();
    await vi.waitFor(() => expect(connectionsTo(socket, '/proc')).toBe(0), { timeout: 10_000 });
    server.close();
  });
});
