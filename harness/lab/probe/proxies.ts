import type { V1Pod } from '@kubernetes/client-node';
import type { Kube } from '../../cluster/kube/client.ts';
import { getFromPod, type PodRef } from '../../cluster/kube/port-forward.ts';
import { isReady, livePods } from '../../cluster/kube/rollout.ts';
import { type Lab, MESH_NAMESPACES } from '../mesh/lab.ts';
import { ADMIN_PORT, GATEWAY_LABEL, ISTIO_PROXY } from '../../observations/istio.ts';
import type { HeldByProxy, ProxyIdentity } from '../../observations/proxy.ts';
import { parseEnvoySecrets, SECRETS_PATH } from './envoy-secrets.ts';

/** One Envoy of the lab. */
export interface Proxy extends PodRef, ProxyIdentity {
  podIp: string;
  app: string;
}

/** Every proxy that serves now, gateways and sidecars; one that is still starting serves nobody. */
export async function listProxies({ kube, distribution }: Lab): Promise<Proxy[]> {
  const namespaces = [distribution.planes.gateway.namespace, ...MESH_NAMESPACES];
  const pods = await Promise.all(namespaces.map((namespace) => livePods(kube, namespace)));
  return pods
    .flat()
    .filter((pod) => hasProxy(pod) && isReady(pod))
    .map((pod) => ({
      namespace: pod.metadata?.namespace ?? '',
      name: pod.metadata?.name ?? '',
      plane: GATEWAY_LABEL in (pod.metadata?.labels ?? {}) ? ('gateway' as const) : ('mesh' as const),
      serviceAccount: pod.spec?.serviceAccountName ?? 'default',
      podIp: pod.status?.podIP ?? '',
      app: pod.metadata?.labels?.['app'] ?? pod.metadata?.labels?.[GATEWAY_LABEL] ?? '',
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** A sidecar is an init container that goes on running where Kubernetes knows native sidecars. */
const hasProxy = ({ spec }: V1Pod): boolean =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(({ name }) => name === ISTIO_PROXY);

/** Certificates of all proxies, read side by side. `audit`, which must not count on a lab, finds its proxies by itself. */
export async function readAllSecrets(lab: Lab): Promise<HeldByProxy<Proxy>[]> {
  return await Promise.all((await listProxies(lab)).map((proxy) => readSecrets(lab.kube, proxy)));
}

/** Reads `default` and `ROOTCA` from Envoy's secrets; fails where a proxy has not got them yet. */
async function readSecrets(kube: Kube, proxy: Proxy): Promise<HeldByProxy<Proxy>> {
  const { chain, roots } = parseEnvoySecrets(await getFromPod(kube, proxy, ADMIN_PORT, SECRETS_PATH));
  if (chain === undefined) throw new Error(`${proxy.name} holds no workload certificate yet`);
  if (roots === undefined) throw new Error(`${proxy.name} holds no ROOTCA yet`);
  return { proxy, chain, roots };
}

/** Sum of an Envoy's counters whose names end in `suffix` (admin interface, /stats). */
export async function sumCounters(kube: Kube, proxy: PodRef, suffix: string): Promise<number> {
  const filter = encodeURIComponent(`${suffix.replaceAll('.', '\\.')}$`);
  const text = await getFromPod(kube, proxy, ADMIN_PORT, `/stats?format=json&filter=${filter}`);
  const { stats } = JSON.parse(text) as { stats: { name?: string; value?: number }[] };
  return stats.reduce((sum, { value }) => sum + (value ?? 0), 0);
}
