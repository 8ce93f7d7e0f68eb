import { allPodsOf, type DeploymentRef, isReady, rolledOut } from '../../cluster/kube/rollout.ts';
import { found } from '../../cluster/kube/failure.ts';
import type { Plane } from '../mesh/distribution.ts';
import { BOOKINFO, INSIDE_PROBE, istiodOf, type Lab } from '../mesh/lab.ts';
import { CACERTS, CA_FILES, ISTIO_CA_SECRET, SELF_SIGNED_TYPE } from '../../observations/istio.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { removePods } from '../../cluster/ownership/objects.ts';
import { replicasToRestore, restart, scale } from '../../cluster/ownership/rollout.ts';
import { eventually } from '../../common/retry.ts';

const MESH_WORKLOADS: readonly DeploymentRef[] = [...BOOKINFO, INSIDE_PROBE];

/** The deployments whose certificates a plane issues. */
export const workloadsOf = ({ gateway }: Lab, plane: PlaneName): readonly DeploymentRef[] =>
  plane === 'mesh' ? MESH_WORKLOADS : [gateway];

/** How many deployments there are to restart: both istiods and their workloads, the one gateway among them. */
export const ALL_RESTARTS = PLANES.length + MESH_WORKLOADS.length + 1;

/**
 * Restarts both istiods, then every workload, so that each asks its plane's CA for a certificate anew. Returns the
 * number of deployments restarted.
 */
export async function restartAll(lab: Lab, root: string): Promise<number> {
  await restartIstiods(lab, root);
  await Promise.all(PLANES.map((plane) => restartWorkloads(lab, plane)));
  return ALL_RESTARTS;
}

/**
 * Restarts both istiods, the old ones staying until the new ones serve, and waits until their root has reached the
 * ConfigMaps: a pod that mounts another cannot reach its istiod.
 */
export async function restartIstiods(lab: Lab, root: string): Promise<void> {
  const { planes, configMaps } = lab.distribution;
  await roll(lab, [istiodOf(planes.mesh), istiodOf(planes.gateway)], 'planeReady');
  // Where both write one ConfigMap, an istiod that is still ending may write its old root once more.
  if (configMaps === 'shared') await Promise.all([gone(lab, planes.mesh), gone(lab, planes.gateway)]);
  await Promise.all(PLANES.map((plane) => rootArrives(lab, plane, root)));
}

/**
 * Restarts everything with each plane on its own CA. Where both planes write one ConfigMap they start fighting over
 * it as soon as their roots differ, and sidecars that start then come up by luck: so the mesh comes back while the
 * gateway plane is away, as on a cluster where it has not been installed yet.
 */
export async function restartApart(lab: Lab): Promise<void> {
  const { gateway } = lab.distribution.planes;
  const replicas = await takeAway(lab, gateway);
  await restartIstiod(lab, 'mesh');
  await restartWorkloads(lab, 'mesh');
  await bringBack(lab, gateway, replicas);
  await rootArrives(lab, 'gateway', await ownRoot(lab, gateway));
  await restartWorkloads(lab, 'gateway');
}

/** Restarts the mesh plane alone, istiod first; for the reason of {@link restartApart} the other may have to be away. */
export async function restartMeshPlane(lab: Lab, workloads = MESH_WORKLOADS): Promise<void> {
  const { gateway } = lab.distribution.planes;
  const isShared = lab.distribution.configMaps === 'shared';
  const replicas = isShared ? await takeAway(lab, gateway) : 0;
  await restartIstiod(lab, 'mesh');
  await restartWorkloads(lab, 'mesh', workloads);
  if (isShared) await bringBack(lab, gateway, replicas);
}

/** Restarts the gateway plane alone, istiod first. */
export async function restartGatewayPlane(lab: Lab): Promise<void> {
  await restartIstiod(lab, 'gateway');
  await restartWorkloads(lab, 'gateway');
}

/**
 * Restarts a plane's istiod alone, and waits until the ConfigMap of its workloads holds the root it has now. The old
 * one goes first: one that starts beside it has to wait for its leader lock before it may write.
 */
export async function restartIstiod(lab: Lab, name: PlaneName): Promise<void> {
  const plane = lab.distribution.planes[name];
  const former = new Set((await istiodPods(lab, plane)).map(({ metadata }) => metadata?.name));
  await removePods(lab, istiodOf(plane));
  await eventually(
    async () => {
      const pods = await istiodPods(lab, plane);
      if (pods.some(({ metadata }) => former.has(metadata?.name))) throw new Error('the former one is still ending');
      if (!pods.some(isReady)) throw new Error('the new one is not ready');
    },
    { waitingFor: `a new istiod of ${plane.namespace}`, within: 'planeReady' },
  );
  await rootArrives(lab, name, await ownRoot(lab, plane));
}

/** Restarts the workloads of a plane alone, or some of them. */
export async function restartWorkloads(lab: Lab, name: PlaneName, workloads = workloadsOf(lab, name)): Promise<void> {
  await roll(lab, workloads, 'workloadsReady');
}

/** Returns how many replicas it is to have again. */
async function takeAway(lab: Lab, plane: Plane): Promise<number> {
  const replicas = await replicasToRestore(lab, istiodOf(plane));
  await scale(lab, istiodOf(plane), 0);
  await eventually(
    async () => {
      const pods = await istiodPods(lab, plane);
      if (pods.length > 0) throw new Error(`${pods.length} pods are still there`);
    },
    { waitingFor: `the istiod of ${plane.namespace} to be away`, within: 'planeReady' },
  );
  return replicas;
}

async function bringBack(lab: Lab, plane: Plane, replicas: number): Promise<void> {
  await scale(lab, istiodOf(plane), replicas);
  await rolledOut(lab.kube, istiodOf(plane), { within: 'planeReady' });
}

/**
 * Has a new pod start beside the one that serves, which stays until the new one is Ready. Returns how to take that back:
 * the one that serves is then the wanted one again, and no pod is started.
 */
export async function startBeside(lab: Lab, deployment: DeploymentRef): Promise<() => Promise<void>> {
  const takeBack = await restart(lab, deployment);
  return async () => {
    await takeBack();
    await rolledOut(lab.kube, deployment, { within: 'planeReady' });
  };
}

async function roll(lab: Lab, deployments: readonly DeploymentRef[], within: 'planeReady' | 'workloadsReady') {
  await Promise.all(
    deployments.map(async (deployment) => {
      await restart(lab, deployment);
      await rolledOut(lab.kube, deployment, { within });
    }),
  );
}

/** The pods of a plane's istiod, those that are ending too. */
const istiodPods = async ({ kube }: Lab, plane: Plane) =>
  await allPodsOf(kube, await kube.apps.readNamespacedDeployment(istiodOf(plane)));

/** Waits until the pods of a plane's former istiod have ended: until then they may still write their root. */
async function gone(lab: Lab, plane: Plane): Promise<void> {
  await eventually(
    async () => {
      const pods = await istiodPods(lab, plane);
      const ending = pods.filter(({ metadata }) => metadata?.deletionTimestamp !== undefined);
      if (ending.length > 0) throw new Error(`${ending.length} pods are still ending`);
    },
    { waitingFor: `the former istiod of ${plane.namespace} to end`, within: 'planeReady' },
  );
}

/** Waits until the ConfigMap that a plane's workloads mount holds this root, several times in a row. */
async function rootArrives(lab: Lab, plane: PlaneName, root: string): Promise<void> {
  const { namespace, name } = lab.distribution.rootMaps[plane];
  await eventually(
    async () => {
      const map = await lab.kube.core.readNamespacedConfigMap({ namespace, name });
      if (map.data?.[CA_FILES.root]?.trim() !== root.trim()) throw new Error('it still holds another root');
    },
    { waitingFor: `the root in the ConfigMap ${namespace}/${name}`, within: 'planeReady', inARow: 3 },
  );
}

/**
 * The root a plane has when it starts: that of its plugged-in CA, else the one it has made for itself. Of the Secrets
 * only that certificate is looked at.
 */
async function ownRoot(lab: Lab, { namespace }: Plane): Promise<string> {
  const read = async (name: string) => await found(lab.kube.core.readNamespacedSecret({ namespace, name }));
  const [secret, own] = [await read(CACERTS), await read(ISTIO_CA_SECRET)];
  const pluggedIn = secret?.type === SELF_SIGNED_TYPE ? undefined : secret?.data;
  // What istiod makes for itself is its own root.
  const root = pluggedIn?.[CA_FILES.root] ?? pluggedIn?.['ca.crt'] ?? (own ?? secret)?.data?.[CA_FILES.certificate];
  if (root === undefined)
    throw new Error(`${namespace} has no CA, neither plugged in (Secret cacerts) nor self-signed`);
  return Buffer.from(root, 'base64').toString();
}
