import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture } from '../../common/paths.ts';
import { eventually } from '../../common/retry.ts';

/** The program of the probe pods, with a token of its own. */
const PROGRAM = fixture('lab', 'probe.cjs');
const TOKEN = 'only-the-harness-knows-this';
const PORT = 3128;

let probe: ChildProcess;
const target = createServer((_, answer) => answer.end('reached'));
let targetPort: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => target.listen(0, '::', resolve));
  targetPort = (target.address() as { port: number }).port;
  probe = spawn(process.execPath, [PROGRAM], { env: { ...process.env, PROBE_TOKEN: TOKEN }, stdio: 'ignore' });
  await eventually(() => (check() === 0 ? Promise.resolve() : Promise.reject(new Error('it does not listen'))), {
    waitingFor: 'the probe to listen',
    within: 'converge',
  });
});
afterAll(() => {
  probe.kill();
  target.close();
});

const check = () => spawnSync(process.execPath, [PROGRAM, 'check']).status;

/** What a client hears that says this and ends. */
async function say(words: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ host, port: PORT });
  socket.on('error', () => undefined);
  socket.write(words);
  setTimeout(() => socket.end(), 300);
  return await text(socket).catch((error: unknown) => String(error));
}

const asking = (where: string, authorization = `Proxy-Authorization: Bearer ${TOKEN}\r\n`) =>
  `CONNECT ${where} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`;

it('connects whoever knows its token to whatever is asked for, by name or address', async () => {
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
    const heard = await say(`${asking(`${host}:${targetPort}`)}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(heard).toMatch(/^HTTP\/1\.1 200 Connection established\r\n\r\nHTTP\/1\.1 200 OK[^]*reached/);
  }
});

it.each([
  ['nothing', ''],
  ['another token', 'Proxy-Authorization: Bearer of-somebody\r\n'],
  ['a part of it', `Proxy-Authorization: Bearer ${TOKEN.slice(0, -1)}\r\n`],
])('connects nobody who says %s', async (_, authorization) => {
  expect(await say(asking(`127.0.0.1:${targetPort}`, authorization))).toMatch(/^HTTP\/1\.1 407 /);
});

it('is not there for other machines, nor for other pods', async () => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.internal === false && one.family === 'IPv4');
  expect(await say(asking(`127.0.0.1:${targetPort}`), own?.address ?? '127.0.0.2')).not.toContain('HTTP/');
});

it.each(['fd00::5:9080', 'x', ':80', 'x:', 'x:0', 'x:65536', '[::1', 'http://x:1', 'x:1:2', '[zz]:80'])(
  'refuses %s and goes on',
  async (where) => {
    expect(await say(asking(where))).toMatch(/^HTTP\/1\.1 400 /);
    expect(check()).toBe(0);
  },
);

it('says that nobody is there, in the words of the system', async () => {
  expect(await say(asking('127.0.0.1:1'))).toMatch(/^HTTP\/1\.1 502 ECONNREFUSED/);
});

it('delivers what the other side said before it reset the connection', async () => {
  const last = createTcpServer((socket) =>
    socket.write('an alert', () => setTimeout(() => socket.resetAndDestroy(), 20)),
  );
  await new Promise<void>((resolve) => last.listen(0, '127.0.0.1', resolve));
  const { port } = last.address() as { port: number };
  expect(await say(asking(`127.0.0.1:${port}`))).toBe('HTTP/1.1 200 Connection established\r\n\r\nan alert');
  last.close();
});

it('does not start without a token', () => {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM], { env: {}, encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stderr).toContain('PROBE_TOKEN is not set');
});
