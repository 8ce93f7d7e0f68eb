import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { scaleDeadlines } from '../../common/deadlines.ts';
import { endingWith } from '../../common/ending.ts';
import { EXIT, exitCodeOf } from '../../common/errors.ts';
import { connectKube, type Kube } from './client.ts';
import { ApiFailure, apiMessage } from './failure.ts';

afterEach(() => scaleDeadlines(1));

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

const status =
  (code: number, message: string, headers: Record<string, string> = {}): Reply =>
  (response) =>
    void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ message }));
const ok: Reply = (response) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"X"}');
const cut: Reply = (_, request) => void request.socket.destroy();
const stall: Reply = () => undefined;

/** An API server on loopback that replies in turn, the last one again and again. */
async function api(...replies: Reply[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const reply = replies[Math.min(asked.length, replies.length - 1)];
    asked.push(request.method ?? '');
    reply?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    kube: kubeAt(url),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function kubeAt(server: string, tls: object = { 'insecure-skip-tls-verify': true }): Kube {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-http-'));
  const file = join(folder.path, 'kubeconfig');
  const named = { contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }], users: [{ name: 'x', user: {} }] };
  writeFileSync(
    file,
    JSON.stringify({ ...named, clusters: [{ name: 'x', cluster: { server, ...tls } }], 'current-context': 'x' }),
  );
  return connectKube(file);
}

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'default' } };
const KINDS: Reply = (response) =>
  void response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ resources: [{ kind: 'Pod', name: 'pods', namespaced: true }] }));

it.each([
  [
    401,
    'Unauthorized',
    /GET \/x was answered with 401: Unauthorized\nThe credentials are refused or have expired: log in/,
  ],
  [403, 'no', /403: no\nRun it as a user who may do that; doctor says/],
  [404, 'none', /404: none\nRun the command again/],
  [422, 'bad', /422: bad\nRun `meshtrust doctor`/],
  [500, 'oh', /500: oh\nRun the command again; if it stays so/],
])('an answer of %d is the environment’s, with what to do next', async (code, message, expected) => {
  await using server = await api(status(code, message));
  const failure = await server.kube.objects.get('/x').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiFailure);
  expect((failure as ApiFailure).message).toMatch(expected);
  expect(exitCodeOf(failure)).toBe(EXIT.environment);
  expect(apiMessage(failure)).toBe(`${code}: ${message}`);
});

it('asks again when the API server wants to be asked later, whatever it is asked', async () => {
  const busy = status(429, 'too many requests', { 'retry-after': '0' });
  await using server = await api(KINDS, busy, busy, ok);
  await server.kube.objects.erase(POD, 'uid');
  expect(server.asked).toEqual(['GET', 'DELETE', 'DELETE', 'DELETE']);
});

it('does not say again what may have been done already, and asks again whatever only reads', async () => {
  await using server = await api(KINDS, cut, cut, ok);
  await expect(server.kube.objects.erase(POD, 'uid')).rejects.toThrow(
    /^DELETE \/api\/v1\/namespaces\/default\/pods\/one came to nothing/,
  );
  expect(await server.kube.objects.get('/x')).toEqual({ kind: 'X' });
  expect(server.asked).toEqual(['GET', 'DELETE', 'GET', 'GET']);
});

it('gives up on one that says nothing, and says for how long it has waited', async () => {
  scaleDeadlines(0.005);
  await using server = await api(stall);
  await expect(server.kube.objects.get('/x')).rejects.toThrow(
    /GET \/x came to nothing: no answer within 0\.15 s\nSee that the cluster runs/,
  );
  expect(server.asked).toEqual(['GET', 'GET', 'GET']);
});

it('says that nobody listens there', async () => {
  const failure = await kubeAt('http://127.0.0.1:65530')
    .objects.get('/x')
    .catch((error: unknown) => error);
  expect((failure as ApiFailure).message).toMatch(
    /ECONNREFUSED.*\nSee that the cluster runs and that this machine reaches it/,
  );
  expect(exitCodeOf(failure)).toBe(EXIT.environment);
});

it('does not send credentials in the clear unless told to', () => {
  expect(() => kubeAt('http://127.0.0.1:65530', {})).toThrow(/is plain HTTP.*\nUse its https:\/\/ address/);
});

it('ends with the work, for the reason that ends it', async () => {
  await using server = await api(stall);
  const end = new AbortController();
  const asking = endingWith(end.signal, () => server.kube.objects.get('/x'));
  setTimeout(() => end.abort(new Error('the claim’s time is over')), 100);
  await expect(asking).rejects.toThrow('the claim’s time is over');
});
