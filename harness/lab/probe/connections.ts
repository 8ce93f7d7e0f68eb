import type { Kube } from '../../cluster/kube/client.ts';
import { getFromPod, type PodRef } from '../../cluster/kube/port-forward.ts';
import { ADMIN_PORT } from '../../observations/istio.ts';

/** What an Envoy has sent to one endpoint of a service since it knows that endpoint. */
export interface Upstream {
  /** Such as `productpage.bookinfo.svc.cluster.local`. */
  service: string;
  /** The endpoint's pod. */
  podIp: string;
  connections: number;
  requests: number;
}

interface Clusters {
  cluster_statuses?: {
    name: string;
    host_statuses?: {
      address?: { socket_address?: { address?: string } };
      stats?: { name: string; value?: string }[];
    }[];
  }[];
}

/** Reads the counters of endpoints (admin interface, /clusters), which Istio never leaves out. */
export async function readUpstreams(kube: Kube, proxy: PodRef): Promise<Upstream[]> {
  return upstreamsOf(await getFromPod(kube, proxy, ADMIN_PORT, '/clusters?format=json'));
}

/** The endpoints of services among what /clusters answered. */
export function upstreamsOf(json: string): Upstream[] {
  const { cluster_statuses: clusters = [] } = JSON.parse(json) as Clusters;
  return clusters.flatMap(({ name, host_statuses: hosts = [] }) => {
    // outbound|PORT|SUBSET|HOST
    const [direction, , , service] = name.split('|');
    if (direction !== 'outbound' || service === undefined) return [];
    return hosts.map(({ address, stats = [] }) => {
      // As text, for being 64 bits wide, and left out for nought.
      const count = (counter: string) => Number(stats.find(({ name: found }) => found === counter)?.value ?? 0);
      return {
        service,
        podIp: address?.socket_address?.address ?? '',
        connections: count('cx_total'),
        requests: count('rq_total'),
      };
    });
  });
}
