import { describe, expect, it } from 'vitest';
import { isDeadSocket, type Traces, whyNotStart } from './absence.ts';
import type { Door } from './look.ts';

const absent: Door = { path: '/run/x.sock', knock: 'absent', isSocket: false };
const dead: Door = { path: '/run/x.sock', knock: 'refuses', isSocket: true };
const nothing: Traces = { hasDocker: true, daemons: [], log: 'journalctl -u docker', door: absent };

describe('whyNotStart', () => {
  it.each<[string, Partial<Traces>, string | undefined]>([
    ['nothing at all', {}, undefined],
    ['the socket of nobody', { door: dead }, undefined],
    ['no docker program and nothing else', { hasDocker: false }, undefined],
    ['a daemon', { daemons: [7, 8], door: dead }, 'A container engine runs (dockerd, process 7) and does not answer.'],
    [
      'a daemon without a docker program',
      { daemons: [7], hasDocker: false },
      'A container engine runs (dockerd, process 7), but there is no docker program on the PATH.',
    ],
    [
      'somebody at the socket',
      { door: { ...dead, knock: 'accepts' } },
      'Somebody listens at /run/x.sock and does not answer as a container engine does.',
    ],
    [
      'a dangling link',
      { door: { ...absent, leadsTo: '/run/podman/podman.sock' } },
      '/run/x.sock leads to another engine, /run/podman/podman.sock, which does not answer.',
    ],
    [
      'a socket that nobody may touch',
      { door: { ...dead, knock: 'unsure' } },
      'Whether a container engine listens at /run/x.sock cannot be found out.',
    ],
  ])('with %s', (_, traces, reason) => {
    expect(whyNotStart({ ...nothing, ...traces })?.reason).toBe(reason);
  });
});

describe('isDeadSocket', () => {
  it.each<[string, Door, number[], boolean]>([
    ['refuses and has no owner', dead, [], true],
    ['refuses and may have an owner', dead, [7], false],
    ['accepts', { ...dead, knock: 'accepts' }, [], false],
    ['says neither', { ...dead, knock: 'unsure' }, [], false],
    ['is not there', absent, [], false],
    ['is a file', { ...dead, isSocket: false }, [], false],
    ['is a link', { ...dead, isSocket: false, leadsTo: '/run/y.sock' }, [], false],
  ])('of one that %s', (_, door, owners, expected) => {
    expect(isDeadSocket(door, owners)).toBe(expected);
  });
});
