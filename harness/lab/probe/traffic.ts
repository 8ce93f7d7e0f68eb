import { deadline } from '../../common/deadlines.ts';
import { endOfWork, pause } from '../../common/ending.ts';
import { messageOf } from '../../common/errors.ts';
import type { PageAnswer } from '../../verdict/judges/bookinfo.ts';

/** A way in that is asked again and again. */
export interface Way {
  name: string;
  /** Sends one request, on a connection of its own, with this user agent. */
  ask: (agent: string) => Promise<PageAnswer>;
  /** What is wrong with an answer, the gravest first, a sentence each; none if it is whole. */
  faultsOf: (answer: PageAnswer) => readonly string[];
}

export interface TrafficOptions {
  /** Taken in turn. */
  ways: readonly Way[];
  /** A new user agent each time: by it a proxy's access log tells one request from the other. */
  agent: () => string;
  /** Requests a second, over all ways: sent by the clock, whatever becomes of the ones before. */
  perSecond: number;
  /** The most requests under way; at the limit a turn passes unused, and is counted. */
  atOnce: number;
}

/** One request and what became of it. */
export interface Exchange {
  way: string;
  /** User agent of this request alone. */
  agent: string;
  /** Milliseconds since the epoch. */
  sent: number;
  /** Until it was answered in full, or failed. */
  milliseconds: number;
  status?: number;
  /** Why it counts as lost; undefined for one that was answered whole. */
  fault?: string;
  /** How the answer of a refused one begins. */
  body?: string;
}

export interface TrafficRecord {
  /** In the order in which they ended. */
  exchanges: readonly Exchange[];
  /** Turns that passed unused. */
  heldBack: number;
}

/** Requests that keep coming until they are stopped. */
export interface Traffic extends AsyncDisposable {
  /** What has come of it so far; goes on growing. */
  readonly record: TrafficRecord;
  /** Sends nothing more, and waits for what is under way. */
  stop(): Promise<TrafficRecord>;
}

const BODY = 400;

/** Sends requests at a steady rate until it is stopped, or by itself after the deadline `traffic`. */
export function startTraffic({ ways, agent, perSecond, atOnce }: TrafficOptions): Traffic {
  const record = { exchanges: [] as Exchange[], heldBack: 0 };
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  const signal = endOfWork(stopped.signal) ?? stopped.signal;
  const end = Date.now() + deadline('traffic');

  const send = (way: Way) => {
    const exchange = ask(way, agent())
      .then((one) => {
        record.exchanges.push(one);
      })
      .finally(() => underWay.delete(exchange));
    underWay.add(exchange);
  };
  const keepSending = async () => {
    let next = Date.now();
    for (let turn = 0; !signal.aborted && Date.now() < end; turn++) {
      const way = ways[turn % ways.length];
      if (way === undefined || underWay.size >= atOnce) record.heldBack += 1;
      else send(way);
      // A turn that comes late moves all later ones: no burst makes up for it.
      next = Math.max(next + 1000 / perSecond, Date.now());
      await pause(Math.max(0, next - Date.now()), signal).catch(() => undefined);
    }
    while (underWay.size > 0) await Promise.all(underWay);
    return record;
  };
  const sending = keepSending();
  const stop = () => {
    stopped.abort();
    return sending;
  };
  const dispose = async () => {
    await stop();
  };
  return { record, stop, [Symbol.asyncDispose]: dispose };
}

async function ask({ name, ask: get, faultsOf }: Way, agent: string): Promise<Exchange> {
  const sent = Date.now();
  const exchange = (rest: Partial<Exchange>): Exchange => ({
    way: name,
    agent,
    sent,
    milliseconds: Date.now() - sent,
    ...rest,
  });
  try {
    const answer = await get(agent);
    const { status, body } = answer;
    const [fault] = faultsOf(answer);
    if (fault === undefined) return exchange({ status });
    return exchange({ status, fault, ...(status === 200 ? {} : { body: body.slice(0, BODY) }) });
  } catch (error) {
    return exchange({ fault: messageOf(error) });
  }
}

/** What a client would say of the traffic. */
export interface Measured {
  requests: number;
  lost: number;
  heldBack: number;
  /** From sending the first lost request to the end of the last one; 0 if none was lost. */
  outageSeconds: number;
  ways: Record<string, { requests: number; lost: number }>;
  /** Milliseconds, of requests that were answered whole. */
  latency: { median: number; p99: number; longest: number };
}

/** Sums a record up. */
export function measure({ exchanges, heldBack }: TrafficRecord): Measured {
  const lost = lostOf(exchanges);
  const latencies = exchanges
    .filter(({ fault }) => fault === undefined)
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b);
  const percentile = (share: number) => latencies[Math.ceil(share * latencies.length) - 1] ?? 0;
  const byWay = [...Map.groupBy(exchanges, ({ way }) => way)].map(
    ([way, ones]) => [way, { requests: ones.length, lost: lostOf(ones).length }] as const,
  );
  const [begin, end] = [
    Math.min(...lost.map(({ sent }) => sent)),
    Math.max(...lost.map(({ sent, milliseconds }) => sent + milliseconds)),
  ];
  return {
    requests: exchanges.length,
    lost: lost.length,
    heldBack,
    outageSeconds: lost.length === 0 ? 0 : (end - begin) / 1000,
    ways: Object.fromEntries(byWay),
    latency: { median: percentile(0.5), p99: percentile(0.99), longest: percentile(1) },
  };
}

/** The requests that were lost, in the order in which they were sent. */
export const lostOf = (exchanges: readonly Exchange[]): Exchange[] =>
  exchanges.filter(({ fault }) => fault !== undefined).sort((a, b) => a.sent - b.sent);
