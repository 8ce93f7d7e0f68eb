import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defined } from '../../common/defined.ts';
import { lostOf, measure, startTraffic, type Way } from './traffic.ts';

type Mode = 'whole' | 'broken' | 'hollow' | 'silent' | 'hung up';

let mode: Mode;
let server: Server;
let connections: number;
/** The most connections that were open at a time. */
let peak: number;
/** Instants of the answers that were not whole, milliseconds since the epoch. */
let refusals: number[];
const WHOLE = 'whole';
/** For counts that any machine reaches, a busy one later. */
const PATIENTLY = { timeout: 20_000 };

beforeEach(async () => {
  mode = 'whole';
  connections = 0;
  peak = 0;
  let open = 0;
  refusals = [];
  server = createServer((incoming, answer) => {
    if (mode !== 'whole') refusals.push(Date.now());
    if (mode === 'silent') return;
    if (mode === 'hung up') return incoming.socket.destroy();
    answer.writeHead(mode === 'broken' ? 503 : 200).end(mode === 'whole' ? WHOLE : `upstream ${mode}`);
  });
  server.on('connection', (socket) => {
    connections += 1;
    open += 1;
    peak = Math.max(peak, open);
    socket.on('close', () => (open -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

let requests = 0;
const agent = () => `request-${++requests}`;

/** A client as the suites' are: every request with a dispatcher of its own. */
const way = (name: string): Way => ({
  name,
  ask: async () => {
    const dispatcher = new Agent();
    try {
      const { port } = server.address() as AddressInfo;
      const answer = await request(`http://127.0.0.1:${port}/`, { dispatcher, signal: AbortSignal.timeout(1_500) });
      return { status: answer.statusCode, headers: {}, body: await answer.body.text() };
    } finally {
      await dispatcher.destroy();
    }
  },
  faultsOf: ({ status, body }) => [
    ...(status === 200 ? [] : [`found status ${status}`]),
    ...(body === WHOLE ? [] : [`found «${body}»`]),
  ],
});

describe('an outage', () => {
  it.each(['broken', 'hollow', 'hung up'] as const)(
    'is measured from first to last request when the server is %s',
    async (bad) => {
      await using traffic = startTraffic({ agent, ways: [way('a')], perSecond: 50, atOnce: 20 });
      await delay(400);
      mode = bad;
      await delay(1_000);
      mode = 'whole';
      const seen = [...refusals];
      await delay(400);
      const record = await traffic.stop();
      const measured = measure(record);

      expect(measured.lost).toBe(seen.length);
      expect(measured.lost).toBeGreaterThan(1);
      expect(measured.requests).toBeGreaterThan(measured.lost);
      // The server saw the first a little after it was sent, and the last a little before it ended.
      const served = seen.at(-1)! - seen[0]!;
      const slack = 2 * Math.max(...record.exchanges.map(({ milliseconds }) => milliseconds));
      expect(measured.outageSeconds * 1000).toBeGreaterThanOrEqual(served);
      expect(measured.outageSeconds * 1000).toBeLessThanOrEqual(served + slack);
    },
  );

  it('is none when every request is answered whole', async () => {
    await using traffic = startTraffic({ agent, ways: [way('a')], perSecond: 50, atOnce: 20 });
    await delay(300);
    const measured = measure(await traffic.stop());
    expect(measured).toMatchObject({ lost: 0, outageSeconds: 0, heldBack: 0 });
    expect(measured.latency.longest).toBeGreaterThan(0);
  });

  it('keeps what a lost request was told, in the order of sending', async () => {
    mode = 'broken';
    await using traffic = startTraffic({ agent, ways: [way('a'), way('b')], perSecond: 50, atOnce: 20 });
    await delay(200);
    const { exchanges } = await traffic.stop();
    const [first, second] = lostOf(exchanges);
    expect(first).toMatchObject({ way: 'a', status: 503, body: 'upstream broken' });
    expect(first?.fault).toBe('found status 503');
    expect(second?.way).toBe('b');
    expect(new Set(exchanges.map((one) => one.agent)).size).toBe(exchanges.length);
    expect(first!.sent).toBeLessThanOrEqual(second!.sent);
  });
});

describe('measure', () => {
  const at = (sent: number, milliseconds: number, fault?: string) => ({
    way: 'a',
    agent: `sent-${sent}`,
    sent,
    milliseconds,
    ...defined({ fault }),
  });

  it('takes an outage from sending the first lost request to the end of whichever ended last', () => {
    const exchanges = [at(0, 10), at(600, 20, 'refused'), at(200, 900, 'timed out'), at(700, 30), at(800, 40)];
    expect(measure({ exchanges, heldBack: 3 })).toEqual({
      requests: 5,
      lost: 2,
      heldBack: 3,
      outageSeconds: 0.9,
      ways: { a: { requests: 5, lost: 2 } },
      latency: { median: 30, p99: 40, longest: 40 },
    });
  });

  it('has an answer for no traffic at all', () => {
    expect(measure({ exchanges: [], heldBack: 0 })).toMatchObject({ requests: 0, lost: 0, outageSeconds: 0 });
  });
});

describe('traffic', () => {
  it('opens a connection for each request and takes the ways in turn', async () => {
    await using traffic = startTraffic({ agent, ways: [way('a'), way('b')], perSecond: 50, atOnce: 20 });
    await delay(500);
    const { requests, ways } = measure(await traffic.stop());
    expect(connections).toBe(requests);
    expect(Math.abs(ways['a']!.requests - ways['b']!.requests)).toBeLessThanOrEqual(1);
  });

  it('keeps to its rate', async () => {
    const started = Date.now();
    await using traffic = startTraffic({ agent, ways: [way('a')], perSecond: 40, atOnce: 20 });
    await expect.poll(() => traffic.record.exchanges.length, PATIENTLY).toBeGreaterThan(10);
    const { requests } = measure(await traffic.stop());
    expect(requests).toBeLessThanOrEqual(((Date.now() - started) / 1000) * 40 + 1);
  });

  it('holds back while too much is under way, and loses none of it', async () => {
    mode = 'silent';
    await using traffic = startTraffic({ agent, ways: [way('a')], perSecond: 100, atOnce: 5 });
    await expect.poll(() => traffic.record.heldBack, PATIENTLY).toBeGreaterThan(5);
    const { requests, lost } = measure(await traffic.stop());
    expect([lost, connections]).toEqual([requests, requests]);
    expect(peak).toBe(5);
  });

  it('sends nothing more once it is stopped', async () => {
    await using traffic = startTraffic({ agent, ways: [way('a')], perSecond: 50, atOnce: 20 });
    await delay(200);
    const { requests } = measure(await traffic.stop());
    await delay(200);
    expect(connections).toBe(requests);
    expect(traffic.record.exchanges).toHaveLength(requests);
  });
});
