import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { ADMIN_PORT, GATEWAY_LABEL, ISTIO_PROXY, OWN_GATEWAY_LABEL, REVISION_LABEL } from '../observations/istio.ts';
import type { ObservedProxy } from '../verdict/trust/graph/observation.ts';

/** A pod with a proxy of Istio's, as the Kubernetes API describes it. */
export interface ProxyPod extends Pick<
  ObservedProxy,
  'id' | 'namespace' | 'name' | 'app' | 'kind' | 'serves' | 'serviceAccount' | 'version'
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
  /** Host name of the CA that its agent has certificates from. */
  ca: string | undefined;
  /** Why it serves nobody at the moment. */
  notServing: string | undefined;
  /** Its container runs, Ready or not: it can be asked. */
  isRunning: boolean;
  /** It has run for so short a time that what it has not got may be on its way. */
  isStarting: boolean;
}

/** The injector's note on a pod. */
const INJECTION_STATUS = 'sidecar.istio.io/status';
const GATEWAY_LABELS = [GATEWAY_LABEL, OWN_GATEWAY_LABEL];

/** What an agent of Istio's is started as, and so a container known by whatever it is called. */
const AGENT_ROLES = ['sidecar', 'router', 'waypoint'];
/** Seconds in which an agent usually has its first certificate. */
const STARTING = 60;

/** The proxy of a pod; undefined if it has none. ztunnels have a container of the same name, but no Envoy in it. */
export function proxyPod(pod: V1Pod, now: Date): ProxyPod | undefined {
  const proxy = proxyContainer(pod);
  if (proxy === undefined || isZtunnel(pod)) return undefined;
  const { namespace = '', name = '', labels = {}, annotations = {} } = pod.metadata ?? {};
  const gateway = GATEWAY_LABELS.map((label) => labels[label]).find((value) => value !== undefined);
  const config = jsonOf(environmentOf(proxy)['PROXY_CONFIG']);
  const injection = jsonOf(annotations[INJECTION_STATUS]);
  const revision = text(injection['revision']) ?? annotations[REVISION_LABEL] ?? labels[REVISION_LABEL];
  const role = (proxy.args ?? ['sidecar']).find((arg) => AGENT_ROLES.includes(arg));
  const kind = role === 'waypoint' ? 'waypoint' : gateway !== undefined || role !== 'sidecar' ? 'gateway' : 'sidecar';
  const running = statusOf(pod, proxy.name)?.state?.running;
  return {
    id: `${namespace}/${name}`,
    namespace,
    name,
    app: labels['app'] ?? gateway ?? labels['app.kubernetes.io/name'] ?? name,
    kind,
    serves: kind !== 'gateway' || servesTheMesh(labels),
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    version: versionOf(proxy.image),
    istiod: hostOf(text(config['discoveryAddress']) ?? environmentOf(proxy)['CA_ADDR']),
    revision: revision === 'default' ? '' : revision,
    rootMap: pod.spec?.volumes?.find((volume) => volume.name === 'istiod-ca-cert')?.configMap?.name,
    ca: hostOf(environmentOf(proxy)['CA_ADDR']),
    adminPort: Number(config['proxyAdminPort'] ?? ADMIN_PORT),
    podIp: pod.status?.podIP,
    appPort: pod.spec?.containers.filter((one) => one !== proxy).flatMap(({ ports = [] }) => ports)[0]?.containerPort,
    notServing: notServing(pod),
    isRunning: running !== undefined || notServing(pod) === undefined,
    isStarting: now.getTime() - (running?.startedAt?.getTime() ?? 0) < STARTING * 1000,
  };
}

/** Named so by every injection template; another may call it as it likes, and then it is told by what is started. */
const proxyContainer = (pod: V1Pod): V1Container | undefined =>
  containersOf(pod).find(({ name }) => name === ISTIO_PROXY) ??
  containersOf(pod).find(({ args = [] }) => args[0] === 'proxy' && args.some((arg) => AGENT_ROLES.includes(arg)));

/** Injected, by the word of the injector, and yet without a container that is known for a proxy. */
export const isUnknownProxy = (pod: V1Pod): boolean =>
  pod.metadata?.annotations?.[INJECTION_STATUS] !== undefined && proxyContainer(pod) === undefined;

/** Its traffic goes through a node's ztunnel (Istio, «Ambient mode»). */
export const isAmbient = ({ metadata }: V1Pod): boolean =>
  metadata?.annotations?.['ambient.istio.io/redirection'] === 'enabled';

/** Egress and east-west gateways, as Istio's charts and samples label them: what is inside the mesh calls them. */
const servesTheMesh = (labels: Record<string, string>): boolean =>
  labels['topology.istio.io/network'] !== undefined || /egress|east-?west/.test(labels['istio'] ?? labels['app'] ?? '');

function statusOf({ status }: V1Pod, container: string) {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find(({ name }) => name === container);
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
