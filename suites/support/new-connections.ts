import { toTheEnd } from '../../harness/common/ending.ts';
import { apply, remove } from '../../harness/cluster/ownership/objects.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { readUpstreams } from '../../harness/lab/probe/connections.ts';
import { listProxies } from '../../harness/lab/probe/proxies.ts';
import { eventually } from '../../harness/common/retry.ts';
import { noFaults } from './checks.ts';

/**
 * Envoy keeps its connections to the next hop, and a request on an old one meets no certificate. With this rule each
 * request begins with a handshake on every hop inside the mesh, too; without a revision it is a rule for both planes.
 */
const RULE = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'one-request-a-connection', namespace: 'bookinfo' },
  spec: {
    host: '*.bookinfo.svc.cluster.local',
    trafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } } },
  },
};

/** Keeps the rule in force for as long as the work takes. */
export async function onNewConnections<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  await apply(lab, [RULE]);
  try {
    return await work();
  } finally {
    await toTheEnd(() => remove(lab, [RULE]));
  }
}

/** What a proxy has sent to services in a while. */
export interface Sent {
  proxy: string;
  /** The app it stands before; a gateway may be called anything. */
  hop: string;
  requests: number;
  connections: number;
}

/** Each way in is asked so often, and each of these hops has to pass all of it on. */
const TIMES = 5;
export const HOPS = { gateway: ['the gateway'], mesh: ['probe', 'productpage'] } as const;

/**
 * Waits until, by Envoy's own count, every hop makes a connection for each request; `askAll` asks each way in once
 * and throws if an answer is not whole. Nothing else may send meanwhile. Returns what was counted.
 */
export async function connectingAnew(lab: Lab, hops: readonly string[], askAll: () => Promise<void>): Promise<Sent[]> {
  return await eventually(
    async () => {
      const before = await countSent(lab);
      for (let time = 0; time < TIMES; time++) await askAll();
      const sent = difference(before, await countSent(lab));
      noFaults([
        ...hops.map((hop) => (passedOn(sent, hop) >= TIMES ? undefined : `${hop} has not passed everything on`)),
        ...sent.map(({ proxy, requests, connections }) =>
          connections >= requests ? undefined : `${proxy} sent ${requests} requests on ${connections} connections`,
        ),
      ]);
      return sent;
    },
    { waitingFor: 'every hop to make a connection for each request', within: 'converge', inARow: 2 },
  );
}

async function countSent(lab: Lab): Promise<Sent[]> {
  const proxies = await listProxies(lab);
  return await Promise.all(
    proxies.map(async (proxy) => {
      const upstreams = await readUpstreams(lab.kube, proxy);
      const sum = (what: 'requests' | 'connections') => upstreams.reduce((total, one) => total + one[what], 0);
      const hop = proxy.plane === 'gateway' ? 'the gateway' : proxy.app;
      return { proxy: proxy.name, hop, requests: sum('requests'), connections: sum('connections') };
    }),
  );
}

const difference = (before: readonly Sent[], after: readonly Sent[]): Sent[] =>
  after.map(({ proxy, hop, requests, connections }) => {
    const earlier = before.find((one) => one.proxy === proxy) ?? { requests: 0, connections: 0 };
    return { proxy, hop, requests: requests - earlier.requests, connections: connections - earlier.connections };
  });

const passedOn = (sent: readonly Sent[], name: string): number =>
  sent.filter(({ hop }) => hop === name).reduce((sum, { requests }) => sum + requests, 0);
