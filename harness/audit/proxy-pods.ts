import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { ADMIN_PORT, GATEWAY_LABEL, ISTIO_PROXY, OWN_GATEWAY_LABEL, REVISION_LABEL } from '../observations/istio.ts';
import type { ObservedProxy } from '../verdict/trust/graph/observation.ts';

/** A pod with a proxy of Istio's, as the Kubernetes API describes it. */
export interface ProxyPod extends Pick<
  ObservedProxy,
  'id' | 'namespace' | 'name' | 'app' | 'kind' | 'serviceAccount' | 'version'
> {
  /** Host name by which it calls its istiod. */
  istiod: string | undefined;
  /** Empty for the plane without a revision. */
  revision: string | undefined;
  /** Name of the root ConfigMap it mounts. */
  rootMap: string | undefined;
  adminPort: number;
  podIp: string | undefined;
  /** A port of the application, on which its sidecar answers with mutual TLS. */
  appPort: number | undefined;
  /** Why it serves nobody at the moment. */
  notServing: string | undefined;
}

const GATEWAY_LABELS = [GATEWAY_LABEL, OWN_GATEWAY_LABEL];

/** The proxy of a pod; undefined if it has none. ztunnels have a container of the same name, but no Envoy in it. */
export function proxyPod(pod: V1Pod): ProxyPod | undefined {
  const proxy = containersOf(pod).find(({ name }) => name === ISTIO_PROXY);
  if (proxy === undefined || isZtunnel(pod)) return undefined;
  const { namespace = '', name = '', labels = {}, annotations = {} } = pod.metadata ?? {};
  const gateway = GATEWAY_LABELS.map((label) => labels[label]).find((value) => value !== undefined);
  const config = jsonOf(environmentOf(proxy)['PROXY_CONFIG']);
  const injection = jsonOf(annotations['sidecar.istio.io/status']);
  const revision = text(injection['revision']) ?? annotations[REVISION_LABEL] ?? labels[REVISION_LABEL];
  return {
    id: `${namespace}/${name}`,
    namespace,
    name,
    app: labels['app'] ?? gateway ?? labels['app.kubernetes.io/name'] ?? name,
    kind: gateway !== undefined || !(proxy.args ?? ['sidecar']).includes('sidecar') ? 'gateway' : 'sidecar',
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    version: versionOf(proxy.image),
    istiod: hostOf(text(config['discoveryAddress']) ?? environmentOf(proxy)['CA_ADDR']),
    revision: revision === 'default' ? '' : revision,
    rootMap: pod.spec?.volumes?.find((volume) => volume.name === 'istiod-ca-cert')?.configMap?.name,
    adminPort: Number(config['proxyAdminPort'] ?? ADMIN_PORT),
    podIp: pod.status?.podIP,
    appPort: pod.spec?.containers.filter((one) => one !== proxy).flatMap(({ ports = [] }) => ports)[0]?.containerPort,
    notServing: notServing(pod),
  };
}

/** A node proxy of Istio's ambient mode. */
export const isZtunnel = (pod: V1Pod): boolean =>
  containersOf(pod).some(({ name, args }) => name === ISTIO_PROXY && args?.includes('ztunnel') === true);

/** Neither ended nor about to. */
export const isLive = ({ metadata, status }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** Why a pod is not Ready, as a clause; undefined if it is. */
export function notServing({ status }: V1Pod): string | undefined {
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  if (condition('Ready')?.status === 'True') return undefined;
  const states = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const reasons = [
    condition('PodScheduled')?.status === 'False' ? condition('PodScheduled')?.message : undefined,
    ...states.map(({ name, ready, state }) => {
      if (state?.waiting?.reason !== undefined) return `${name} waits (${state.waiting.reason})`;
      return !ready && state?.running !== undefined ? `${name} is not ready` : undefined;
    }),
  ].filter((reason) => reason !== undefined);
  const what = status?.phase === 'Running' ? 'not Ready' : (status?.phase ?? 'without a status');
  return `the pod is ${what}${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`;
}

/** `1.29.1` of an image with such a tag; undefined where the image is named by digest. */
export const versionOf = (image: string | undefined): string | undefined =>
  /:v?(\d+\.\d+(?:\.\d+)?(?:-(?:alpha|beta|rc)[.\d]*)?)[^/]*$/.exec(image ?? '')?.[1];

/** Values that the manifest itself holds; those that refer to something else are left out. */
export const environmentOf = ({ env = [] }: V1Container): Record<string, string> =>
  Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));

/** A sidecar is an init container that goes on running where Kubernetes knows native sidecars. */
const containersOf = ({ spec }: V1Pod): V1Container[] => [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];

const hostOf = (address: string | undefined): string | undefined => address?.replace(/:\d+$/, '');

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The fields of a JSON object; none of anything else, for what a user may have written by hand. */
function jsonOf(value: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
