import { request } from 'undici';
import { deadline } from '../../common/deadlines.ts';
import { labFailure, messageOf } from '../../common/errors.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { forwardService, type ServiceRef } from '../../cluster/kube/service-forward.ts';
import { change, type Proprietor } from '../../cluster/ownership/objects.ts';
import { eventually } from '../../common/retry.ts';
import { type Address, originOf } from './lab.ts';
import type { Exposure } from './lab-manifests.ts';

/** How requests get from this machine to the gateway. `auto` is the first that works of node-port and port-forward. */
export const WAYS_IN = ['auto', 'load-balancer', 'node-port', 'port-forward'] as const;
export type WayIn = (typeof WAYS_IN)[number];

/** How the gateway is entered, and as what it is published then. */
export interface Entrance {
  address: Address;
  exposure: Exposure;
}

/** As what the gateway is published first. */
export const exposureOf = (wayIn: WayIn): Exposure => ({
  type: wayIn === 'load-balancer' ? 'LoadBalancer' : wayIn === 'port-forward' ? 'ClusterIP' : 'NodePort',
});

type Hold = (resource: AsyncDisposable) => void;

/** The way to the gateway of a lab in a cluster that publishes nothing on this machine. */
export async function openWay(
  owner: Proprietor,
  { service, wayIn }: { service: ServiceRef; wayIn: WayIn },
  hold: Hold,
  signal: AbortSignal,
): Promise<Entrance> {
  const { kube } = owner;
  const exposure = exposureOf(wayIn);
  if (wayIn === 'port-forward') return { address: await forwarded(kube, service, hold), exposure };
  const candidates =
    wayIn === 'load-balancer' ? await balancers(kube, service, signal) : await nodePorts(kube, service);
  const tried = await Promise.all(
    candidates.map(async (address) => ({ address, failure: await whyNot(address, signal) })),
  );
  signal.throwIfAborted();
  const answering = tried.find(({ failure }) => failure === undefined);
  if (answering !== undefined) return { address: answering.address, exposure };
  if (wayIn === 'auto') {
    // Not to be left open for others.
    const closed = exposureOf('port-forward');
    const closing = { apiVersion: 'v1', kind: 'Service', metadata: service, spec: closed };
    await change(owner, closing);
    return { address: await forwarded(kube, service, hold), exposure: closed };
  }
  throw labFailure(`The gateway cannot be reached from this machine by ${wayIn}.`, {
    next: 'Choose another way in (--way-in port-forward works wherever kubectl does).',
    evidence: tried.map(({ address, failure }) => `${address.host}:${address.port}: ${failure ?? ''}`).join('\n'),
  });
}

async function forwarded(kube: Kube, service: ServiceRef, hold: Hold): Promise<Address> {
  const forward = await forwardService(kube, service);
  hold(forward);
  return { host: '127.0.0.1', port: forward.port };
}

/** Waits for the address that a controller of the cluster gives the Service. */
async function balancers(kube: Kube, service: ServiceRef, signal: AbortSignal): Promise<Address[]> {
  return await eventually(
    async () => {
      const { spec, status } = await kube.core.readNamespacedService(service);
      const hosts = status?.loadBalancer?.ingress?.flatMap(({ ip, hostname }) => ip ?? hostname ?? []) ?? [];
      if (hosts.length === 0) throw new Error('it has no address yet; is there a controller for load balancers?');
      return hosts.map((host) => ({ host, port: spec?.ports?.[0]?.port ?? 80 }));
    },
    {
      waitingFor: `the load balancer of ${service.namespace}/${service.name}`,
      within: 'loadBalancer',
      signal,
      next: 'Install a controller for load balancers, or choose another way in (--way-in port-forward).',
    },
  );
}

async function nodePorts(kube: Kube, service: ServiceRef): Promise<Address[]> {
  const { spec } = await kube.core.readNamespacedService(service);
  const port = spec?.ports?.[0]?.nodePort;
  if (port === undefined) return [];
  const { items } = await kube.core.listNode();
  const addresses = items.flatMap(({ status }) => status?.addresses ?? []);
  // What is meant for the outside first.
  return ['ExternalIP', 'InternalIP'].flatMap((kind) =>
    addresses.filter(({ type }) => type === kind).map(({ address }) => ({ host: address, port })),
  );
}

/** Any answer of HTTP will do: what it says is for claims. */
async function whyNot(address: Address, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { body } = await request(`${originOf(address)}/`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadline('wayIn'))]),
    });
    await body.dump();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
