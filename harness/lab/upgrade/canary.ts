import type { KubernetesObject } from '@kubernetes/client-node';
import { REVISION_LABEL } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { apply, change, remove } from '../../cluster/ownership/objects.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { rolledOut } from '../../cluster/kube/rollout.ts';
import { istiodName, type Plane } from '../mesh/distribution.ts';
import { deploymentOfGateway, gatewayOf, type Lab, MESH_NAMESPACES } from '../mesh/lab.ts';
import { gateway, type GatewayNames, revisionLabel } from '../mesh/lab-manifests.ts';
import { renderPlane } from '../mesh/installers/installers.ts';
import { listProxies, sumCounters } from '../probe/proxies.ts';
import { restartWorkloadsInTurn } from '../remedies/restart-in-turn.ts';
import { eventually } from '../../common/retry.ts';
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
    await replaceGateway(lab, gatewayOf(lab), canaryGatewayOf(lab, canary));
  }
  await proxiesRun(lab, name, to);
  await retire(lab, await renderPlane(plane, from), current);
}

/** The plane that takes over from another, beside it. */
export function canaryOf(plane: Plane): Plane {
  const revision = [plane.revision, 'canary'].filter((word) => word !== '').join('-');
  return { ...plane, revision, deployment: istiodName(revision) };
}

export const canaryGatewayOf = (lab: Parameters<typeof gatewayOf>[0], { revision }: Plane): GatewayNames => {
  const former = gatewayOf(lab);
  return { ...former, gateway: `${former.gateway}-canary`, route: `${former.route}-canary`, revision };
};

/** Has pods of the mesh's namespaces that start from now on be served by a mesh plane. */
export async function serveNamespaces(lab: Lab, plane: Plane): Promise<void> {
  const labels = { [REVISION_LABEL]: revisionLabel(plane) };
  for (const name of MESH_NAMESPACES) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    await change(lab, namespace);
  }
}

/** Brings a Gateway up, sends new connections there, and removes the former one once it gets none any more. */
export async function replaceGateway(lab: Lab, former: GatewayNames, next: GatewayNames): Promise<void> {
  const { kube } = lab;
  const isWayIn = ({ kind }: KubernetesObject) => kind === 'Service';
  const objects = gateway(next);
  const others = objects.filter((object) => !isWayIn(object));
  await apply(lab, others);
  await rolledOut(kube, deploymentOfGateway(lab.distribution, next.gateway), { within: 'workloadsReady' });
  await attached(kube, others);
  await apply(lab, objects.filter(isWayIn));
  await deserted(lab, former);
  const isItsOwn = ({ kind }: KubernetesObject) => kind === 'Gateway' || kind === 'HTTPRoute';
  await remove(lab, gateway(former).filter(isItsOwn));
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
async function deserted(lab: Lab, { gateway: name }: GatewayNames): Promise<void> {
  let before: number | undefined;
  await eventually(
    async () => {
      const proxies = (await listProxies(lab)).filter(({ app }) => app === name);
      const counts = await Promise.all(proxies.map((proxy) => sumCounters(lab.kube, proxy, '_80.downstream_cx_total')));
      const now = counts.reduce((sum, count) => sum + count, 0);
      const made = now - (before ?? 0);
      const isFirst = before === undefined;
      before = now;
      if (isFirst || made > 0) throw new Error(`${made} connections have been made since the last look`);
    },
    { waitingFor: `clients to leave ${name}`, within: 'converge', inARow: QUIET },
  );
}
