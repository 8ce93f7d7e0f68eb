import { request } from 'undici';
import { deadline } from '../deadlines.ts';
import { labFailure, messageOf } from '../errors.ts';
import type { Kube } from '../kube/client.ts';
import { forwardService, type ServiceRef } from '../kube/service-forward.ts';
import { eventually } from '../retry.ts';
import { type Address, originOf } from './lab.ts';
import type { Entrance } from './lab-manifests.ts';

/** How requests get from this machine to the gateway. `auto` is the first that works of node-port and port-forward. */
export const WAYS_IN = ['auto', 'load-balancer', 'node-port', 'port-forward'] as const;
export type WayIn = (typeof WAYS_IN)[number];

type Hold = (resource: AsyncDisposable) => void;

/** Ways to the entrances of a lab in a cluster that publishes nothing on this machine. */
export async function openWays(
  kube: Kube,
  { services, wayIn }: { services: Record<Entrance, ServiceRef>; wayIn: WayIn },
  hold: Hold,
  signal: AbortSignal,
): Promise<Record<Entrance, Address>> {
  return {
    gateway: await wayToGateway(kube, services.gateway, wayIn, hold, signal),
    outside: await forwarded(kube, services.outside, hold),
    inside: await forwarded(kube, services.inside, hold),
  };
}

async function wayToGateway(
  kube: Kube,
  service: ServiceRef,
  wayIn: WayIn,
  hold: Hold,
  signal: AbortSignal,
): Promise<Address> {
  if (wayIn === 'port-forward') return await forwarded(kube, service, hold);
  const candidates =
    wayIn === 'load-balancer' ? await balancers(kube, service, signal) : await nodePorts(kube, service);
  const failures: string[] = [];
  for (const address of candidates) {
    const failure = await whyNot(address);
    if (failure === undefined) return address;
    failures.push(`${address.host}:${address.port}: ${failure}`);
  }
  if (wayIn === 'auto') return await forwarded(kube, service, hold);
  throw labFailure(`The gateway cannot be reached from this machine by ${wayIn}.`, {
    next: 'Choose another way in (--way-in port-forward works wherever kubectl does).',
    evidence: failures.join('\n'),
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
    { waitingFor: `the load balancer of ${service.namespace}/${service.name}`, within: 'loadBalancer', signal },
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
async function whyNot(address: Address): Promise<string | undefined> {
  try {
    const { body } = await request(`${originOf(address)}/`, { signal: AbortSignal.timeout(deadline('wayIn')) });
    await body.dump();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
