import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';

/**
 * Who answers at a Unix socket: `accepts`: somebody does; `refuses`: the socket of nobody; `absent`: there is no such
 * file; `unsure`: none of these, for instance for want of permission.
 */
export type Knock = 'accepts' | 'refuses' | 'absent' | 'unsure';

/** What is at the path of a socket. */
export interface Door {
  path: string;
  knock: Knock;
  isSocket: boolean;
  /** Where it leads, if it is a symbolic link; Podman puts one in Docker's place. */
  leadsTo?: string;
}

/** Knocks at a socket and goes away again. */
export async function lookAtDoor(path: string): Promise<Door> {
  const door = { path, knock: await knockAt(path) };
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry?.isSymbolicLink() === true) return { ...door, isSocket: false, leadsTo: readlinkSync(path) };
  return { ...door, isSocket: entry?.isSocket() === true };
}

function knockAt(path: string): Promise<Knock> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve('accepts');
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      // EAGAIN: its queue is full, so somebody has one.
      const meaning: Record<string, Knock> = { ECONNREFUSED: 'refuses', ENOENT: 'absent', EAGAIN: 'accepts' };
      resolve(meaning[code ?? ''] ?? 'unsure');
    });
  });
}

/**
 * Process ids of the living that go by that name (comm in proc_pid_stat(5): the program's file name, 15 characters at
 * most). A zombie holds nothing any more.
 */
export function processesNamed(name: string, proc: string): number[] {
  return readdirSync(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const [, comm, state] = /^\d+ \((.*)\) (\S)/s.exec(statOf(join(proc, pid))) ?? [];
      return comm === name && state !== 'Z' && state !== 'X';
    })
    .map(Number);
}

function statOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'stat'), 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}

/** How many are connected to the daemon that listens at a Unix socket, or wait to be let in (proc_pid_net(5)). */
export function connectionsTo(socket: string, proc: string): number {
  // The kernel keeps the path that the daemon has bound, and /var/run is /run.
  const paths = [socket, join(realpathSync(dirname(socket)), basename(socket))];
  return countConnections(readFileSync(join(proc, 'net', 'unix'), 'utf8'), paths);
}

/** Lines are `Num: RefCount Protocol Flags Type St Inode Path`; St is 01 for a listener, 02 connecting, 03 connected. */
export function countConnections(table: string, paths: readonly string[]): number {
  const lines = table.split('\n').map((line) => /^(?:\S+\s+){5}(0[23])\s+\d+ (.+)$/.exec(line));
  return lines.filter((line) => paths.includes(line?.[2] ?? '')).length;
}
