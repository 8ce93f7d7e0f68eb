import type { ClaimContext } from '../../harness/run/claims/claim.ts';
import { judgeProductPage } from '../../harness/verdict/judges/bookinfo.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { transportFailures } from '../../harness/lab/probe/logs.ts';
import { listProxies } from '../../harness/lab/probe/proxies.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import {
  type Exchange,
  lostOf,
  measure,
  type Measured,
  startTraffic,
  type Traffic,
  type TrafficRecord,
  type Way,
} from '../../harness/lab/probe/traffic.ts';
import { eventually } from '../../harness/common/retry.ts';
import { noFaults } from './checks.ts';
import { connectingAnew, HOPS, onNewConnections } from './new-connections.ts';

/** Enough to see an outage of a tenth of a second; where the lab is slow it gets no more than it can answer. */
const LOAD = { perSecond: 20, atOnce: 4 };
/** So many answers in a row, all whole, mean that all is well: those of two seconds. */
const SETTLED = 2 * LOAD.perSecond;
/** The first of many lost requests tell why. */
const SHOWN = 20;

/** What a proxy answers with when it does not trust the next one. */
export const VERIFY_FAILED = 'CERTIFICATE_VERIFY_FAILED';

export interface LoadOptions {
  /** The fewest requests that are made. */
  atLeast?: number;
  /** In the split only the mesh answers. */
  within?: 'both planes' | 'the mesh';
}

/** A lost request and the reason that the proxy which answered it gives. */
export interface Lost extends Exchange {
  reason: string;
}

export interface UnderTraffic<T> {
  /** What the change has returned. */
  value: T;
  measured: Measured;
  lost: Lost[];
  /** Seconds that the change took. */
  seconds: number;
  /** Seconds from its end to that of the last request that was lost. */
  convergeSeconds: number;
}

/**
 * Makes a change while requests keep coming on new connections, through the gateway and from a client inside the
 * mesh, or only from there. Starts when Bookinfo is whole for both, ends when it is so again and at least `atLeast` requests were made.
 */
export async function underTraffic<T>(
  context: ClaimContext,
  change: () => Promise<T>,
  { atLeast = 0, within = 'both planes' }: LoadOptions = {},
): Promise<UnderTraffic<T>> {
  const { lab, evidence } = context;
  const ways = within === 'the mesh' ? [insideMesh(context)] : [throughTheGateway(context), insideMesh(context)];
  const hops = within === 'the mesh' ? HOPS.mesh : [...HOPS.gateway, ...HOPS.mesh];
  const askAll = async () => noFaults((await Promise.all(ways.map((way) => faultsNow(way, context.agent())))).flat());
  return await onNewConnections(lab, async () => {
    await evidence('connections-before', await connectingAnew(lab, hops, askAll));
    await using traffic = startTraffic({ ways, agent: context.agent, ...LOAD });
    try {
      await settled(traffic, Date.now());
      const started = Date.now();
      const value = await change();
      const ended = Date.now();
      await settled(traffic, ended);
      await reached(traffic, atLeast);
      const record = await traffic.stop();
      await evidence('connections-after', await connectingAnew(lab, hops, askAll));
      const lost = await withReasons(lab, lostOf(record.exchanges));
      const late = Math.max(0, ...lost.map(({ sent, milliseconds }) => sent + milliseconds - ended));
      return {
        value,
        lost,
        measured: measure(record),
        seconds: (ended - started) / 1000,
        convergeSeconds: late / 1000,
      };
    } finally {
      await evidence('traffic', await summaryOf(lab, await traffic.stop()));
    }
  });
}

const faultsOf: Way['faultsOf'] = (answer) => judgeProductPage(answer).faults;

const throughTheGateway = ({ lab }: ClaimContext): Way => ({
  name: 'through the gateway',
  ask: (agent) => throughGateway(lab, '/productpage', { agent }),
  faultsOf,
});

const insideMesh = ({ lab }: ClaimContext): Way => ({
  name: 'inside the mesh',
  ask: (agent) => fromProbe(lab, 'inside', 'http://productpage.bookinfo:9080/productpage', { agent }),
  faultsOf,
});

const faultsNow = async ({ ask, faultsOf }: Way, agent: string) => faultsOf(await ask(agent));

/** Waits until the last requests sent after an instant were all answered whole. */
async function settled({ record }: Traffic, since: number): Promise<void> {
  await eventually(
    async () => {
      const recent = record.exchanges.filter(({ sent }) => sent >= since).slice(-SETTLED);
      const fault = recent.findLast((exchange) => exchange.fault !== undefined)?.fault;
      if (fault !== undefined) throw new Error(fault);
      if (recent.length < SETTLED) throw new Error(`${recent.length} of ${SETTLED} requests have been answered`);
    },
    { waitingFor: 'requests to be answered whole again', within: 'converge' },
  );
}

async function reached({ record }: Traffic, atLeast: number): Promise<void> {
  await eventually(
    async () => {
      const { length } = record.exchanges;
      if (length < atLeast) throw new Error(`there were ${length}`);
    },
    { waitingFor: `${atLeast} requests`, within: 'traffic' },
  );
}

async function summaryOf(lab: Lab, record: TrafficRecord) {
  const lost = await withReasons(lab, lostOf(record.exchanges));
  const firstLost = lost.slice(0, SHOWN).map(({ sent, ...rest }) => ({ sent: new Date(sent).toISOString(), ...rest }));
  return { ...measure(record), reasons: reasonsOf(lost), firstLost };
}

/** What was lost and why, as a clause. */
export const lossIn = ({
  measured: { requests, outageSeconds },
  lost,
}: Pick<UnderTraffic<unknown>, 'measured' | 'lost'>) =>
  [
    `${lost.length} of ${requests} requests on new connections were lost, over ${outageSeconds.toFixed(1)} s`,
    ...Object.entries(reasonsOf(lost)).map(([reason, times]) => `${times} × ${reason}`),
  ].join('; ');

/** How many were lost for which reason: Envoy's where it gives one, else what is wrong with the page. */
const reasonsOf = (lost: readonly Lost[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(lost, ({ reason }) => reason)].map(([reason, { length }]) => [reason, length]));

/** Current Envoys keep the transport failure from the client: what they said of it in their logs is looked up. */
async function withReasons(lab: Lab, lost: readonly Exchange[]): Promise<Lost[]> {
  if (lost.length === 0) return [];
  const clients = (await listProxies(lab)).filter(({ plane, app }) => plane === 'gateway' || app === 'probe');
  const logged = await transportFailures(
    lab.kube,
    clients,
    lost.map(({ agent }) => agent),
  );
  return lost.map((one) => ({ ...one, reason: reasonOf(one, logged.get(one.agent) ?? '') }));
}

function reasonOf({ fault = '', body = '' }: Exchange, logged: string): string {
  if (body.includes(VERIFY_FAILED) || logged.includes(VERIFY_FAILED)) return VERIFY_FAILED;
  if (logged !== '') return logged;
  return /(?<=reset reason: ).*$/s.exec(body)?.[0] ?? fault.replace(/ in the page.*$/s, '');
}
