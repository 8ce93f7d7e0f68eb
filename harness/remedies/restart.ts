import { type DeploymentRef, restart, rolledOut, scale } from '../kube/rollout.ts';
import { found } from '../kube/client.ts';
import { type Plane, type PlaneName, PLANES } from '../mesh/distribution.ts';
import { BOOKINFO, GATEWAY, INSIDE_PROBE, istiodOf, type Lab } from '../mesh/lab.ts';
import { eventually } from '../retry.ts';

const WORKLOADS: Record<PlaneName, readonly DeploymentRef[]> = {
  mesh: [...BOOKINFO, INSIDE_PROBE],
  gateway: [GATEWAY],
};

/**
 * Restarts both istiods, then every workload, so that each asks its plane's CA for a certificate anew. Between the
 * two the root must have reached the ConfigMaps: a pod that mounts the old one cannot reach its istiod. Returns the
 * number of deployments restarted.
 */
export async function restartAll(lab: Lab, root: string): Promise<number> {
  const { planes, configMaps } = lab.distribution;
  await roll(lab, [istiodOf(planes.mesh), istiodOf(planes.gateway)], 'planeReady');
  // Where both write one ConfigMap, an istiod that is still ending may write its old root once more.
  if (configMaps === 'shared') await Promise.all([gone(lab, planes.mesh), gone(lab, planes.gateway)]);
  await Promise.all(
    PLANES.map(async (plane) => {
      await rootArrives(lab, plane, root);
      await roll(lab, WORKLOADS[plane], 'workloadsReady');
    }),
  );
  return PLANES.reduce((count, plane) => count + 1 + WORKLOADS[plane].length, 0);
}

/**
 * Restarts everything with each plane on its own CA. Where both planes write one ConfigMap they start fighting over
 * it as soon as their roots differ, and sidecars that start then come up by luck: so the mesh comes back while the
 * gateway plane is away, as on a cluster where it has not been installed yet.
 */
export async function restartApart(lab: Lab): Promise<void> {
  const { mesh, gateway } = lab.distribution.planes;
  await scale(lab.kube, istiodOf(gateway), 0);
  await gone(lab, gateway);
  await roll(lab, [istiodOf(mesh)], 'planeReady');
  await gone(lab, mesh);
  await rootArrives(lab, 'mesh', await selfSignedRoot(lab, mesh));
  await roll(lab, WORKLOADS.mesh, 'workloadsReady');
  await scale(lab.kube, istiodOf(gateway), 1);
  await rolledOut(lab.kube, istiodOf(gateway), { within: 'planeReady' });
  await rootArrives(lab, 'gateway', await selfSignedRoot(lab, gateway));
  await roll(lab, WORKLOADS.gateway, 'workloadsReady');
}

/** Restarts the gateway plane alone, istiod first. */
export async function restartGatewayPlane(lab: Lab): Promise<void> {
  await roll(lab, [istiodOf(lab.distribution.planes.gateway)], 'planeReady');
  await roll(lab, WORKLOADS.gateway, 'workloadsReady');
}

async function roll(lab: Lab, deployments: readonly DeploymentRef[], within: 'planeReady' | 'workloadsReady') {
  await Promise.all(
    deployments.map(async (deployment) => {
      await restart(lab.kube, deployment);
      await rolledOut(lab.kube, deployment, { within });
    }),
  );
}

/** Waits until the pods of a plane's former istiod have ended: until then they may still write their root. */
async function gone(lab: Lab, plane: Plane): Promise<void> {
  await eventually(
    async () => {
      const { items } = await lab.kube.core.listNamespacedPod({
        namespace: plane.namespace,
        labelSelector: 'app=istiod',
      });
      const ending = items.filter((pod) => pod.metadata?.deletionTimestamp !== undefined);
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
      if (map.data?.['root-cert.pem']?.trim() !== root.trim()) throw new Error('it still holds another root');
    },
    { waitingFor: `the root in the ConfigMap ${namespace}/${name}`, within: 'planeReady', inARow: 3 },
  );
}

/** The root a plane has made for itself, from the Secret it keeps it in (only the certificate is read out of it). */
async function selfSignedRoot(lab: Lab, plane: Plane): Promise<string> {
  const secret = await found(
    lab.kube.core.readNamespacedSecret({ namespace: plane.namespace, name: 'istio-ca-secret' }),
  );
  const certificate = secret?.data?.['ca-cert.pem'];
  if (certificate === undefined) throw new Error(`${plane.namespace} has no self-signed CA (Secret istio-ca-secret)`);
  return Buffer.from(certificate, 'base64').toString();
}
