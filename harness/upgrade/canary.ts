import { type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import { apply, remove } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { rolledOut } from '../kube/rollout.ts';
import type { Plane, PlaneName } from '../mesh/distribution.ts';
import { deploymentOfGateway, gatewayOf, type Lab } from '../mesh/lab.ts';
import { gateway, type GatewayNames } from '../mesh/lab-manifests.ts';
import { renderPlane } from '../mesh/planes.ts';
import { listProxies, sumCounters } from '../probe/proxies.ts';
import { restartWorkloadsInTurn } from '../remedies/restart-in-turn.ts';
import { eventually } from '../retry.ts';
import { type Change, install, proxiesRun, retire } from './in-place.ts';

/**
 * Has another version of istiod take over under a revision of its own, and then removes the former one (Istio
 * documentation, «Canary Upgrades»). Sidecars change over with the label of their namespaces. A Gateway cannot: an
 * istiod that does not serve it any more takes its listeners away at once. So a second one is brought up beside it.
 */
export async function upgradeByCanary(lab: Lab, name: PlaneName, { from, to }: Change): Promise<void> {
  const plane = lab.distribution.planes[name];
  const canary = canaryOf(plane);
  const current = await install(lab, canary, to);
  if (name === 'mesh') {
    await serveNamespaces(lab, canary);
    await restartWorkloadsInTurn(lab, name);
  } else {
    await replaceGateway(lab, gatewayOf(plane), canaryGatewayOf(canary));
  }
  await proxiesRun(lab, name, to);
  await retire(lab, await renderPlane(plane, from), current);
}

/** The plane that takes over from another, beside it. */
export function canaryOf(plane: Plane): Plane {
  const revision = [plane.revision, 'canary'].filter((word) => word !== '').join('-');
  return { ...plane, revision, deployment: `istiod-${revision}` };
}

export const canaryGatewayOf = (canary: Plane): GatewayNames => {
  const { gateway: name, route, revision } = gatewayOf(canary);
  return { gateway: `${name}-canary`, route: `${route}-canary`, revision };
};

/** Has pods of the mesh's namespaces that start from now on be served by a mesh plane. */
export async function serveNamespaces({ kube }: Lab, { revision }: Plane): Promise<void> {
  const labels = { 'istio.io/rev': revision === '' ? 'default' : revision };
  for (const name of ['bookinfo', 'probe-inside']) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    await kube.objects.send(namespace, PatchStrategy.MergePatch);
  }
}

/** Brings a Gateway up, sends new connections there, and removes the former one once it gets none any more. */
export async function replaceGateway({ kube, runId }: Lab, former: GatewayNames, next: GatewayNames): Promise<void> {
  const isWayIn = ({ kind }: KubernetesObject) => kind === 'Service';
  const objects = gateway(next);
  const others = objects.filter((object) => !isWayIn(object));
  await apply(kube, others, { runId });
  await rolledOut(kube, deploymentOfGateway(next.gateway), { within: 'workloadsReady' });
  await attached(kube, others);
  await apply(kube, objects.filter(isWayIn), { runId });
  await deserted(kube, former);
  const isItsOwn = ({ kind }: KubernetesObject) => kind === 'Gateway' || kind === 'HTTPRoute';
  await remove(kube, gateway(former).filter(isItsOwn));
}

interface Attached extends KubernetesObject {
  status?: { parents?: { conditions?: { type: string; status: string }[] }[] };
}

/** Waits until the route is part of what the Gateway serves. */
async function attached(kube: Kube, objects: readonly KubernetesObject[]): Promise<void> {
  const route = objects.find(({ kind }) => kind === 'HTTPRoute');
  await eventually(
    async () => {
      const { status } = (await kube.objects.read(route as Parameters<typeof kube.objects.read>[0])) as Attached;
      const conditions = status?.parents?.flatMap((parent) => parent.conditions ?? []) ?? [];
      if (!conditions.some((one) => one.type === 'Accepted' && one.status === 'True')) throw new Error('it is not yet');
    },
    { waitingFor: 'the route to be accepted', within: 'converge' },
  );
}

/** So many looks in a row, a quarter of a second apart, without a new connection: clients and kube-proxy have moved on. */
const QUIET = 12;

/** Waits until nobody makes connections to a Gateway any more. */
async function deserted(kube: Kube, { gateway: name }: GatewayNames): Promise<void> {
  let before: number | undefined;
  await eventually(
    async () => {
      const proxies = (await listProxies(kube)).filter(({ app }) => app === name);
      const counts = await Promise.all(proxies.map((proxy) => sumCounters(kube, proxy, '_80.downstream_cx_total')));
      const now = counts.reduce((sum, count) => sum + count, 0);
      const made = now - (before ?? 0);
      const isFirst = before === undefined;
      before = now;
      if (isFirst || made > 0) throw new Error(`${made} connections have been made since the last look`);
    },
    { waitingFor: `clients to leave ${name}`, within: 'converge', inARow: QUIET },
  );
}
