import type { KubernetesObject } from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';
import { type DeploymentRef, rolledOut } from '../../cluster/kube/rollout.ts';
import { INSIDE_PROBE, type Lab } from '../../lab/mesh/lab.ts';
import { INJECT_LABEL } from '../../observations/istio.ts';
import { change as changeObject } from '../../cluster/ownership/objects.ts';
import { scale } from '../../cluster/ownership/rollout.ts';
import { restartIstiod, restartWorkloads } from '../../lab/remedies/restart.ts';
import { isWhole, noRatings } from './pages.ts';
import { change, type LiveSabotage, manual, until } from './scene.ts';

const CERTIFICATES = ['leaf-issuer', 'chain', 'rootca-equal', 'spiffe-identity'] as const;

/** Workloads that are missing, outside of the mesh, or somebody else. */
export const WORKLOADS: readonly LiveSabotage[] = [
  {
    name: 'ratings-away',
    breaks: 'ratings is scaled to nothing; /productpage goes on answering 200',
    ...manual('bookinfo', ...CERTIFICATES, 'plaintext-refused'),
    commit: async (scene) => {
      const { lab } = scene;
      const ratings = { namespace: 'bookinfo', name: 'ratings-v1' };
      const replicas = async (count: number) => {
        await scale(lab, ratings, count);
        await rolledOut(lab.kube, ratings, { within: 'workloadsReady' });
      };
      await change(scene, { act: () => replicas(0), undo: () => replicas(1), ...noRatings(scene) });
    },
  },
  {
    name: 'details-without-sidecar',
    breaks: 'details runs without a sidecar; Bookinfo is whole',
    ...manual(...CERTIFICATES, 'plaintext-refused'),
    commit: async (scene) => {
      const { lab, undo } = scene;
      const details = { namespace: 'bookinfo', name: 'details-v1' };
      undo.defer(() => inject(lab, details, null));
      await inject(lab, details, 'false');
      // Its callers need a moment to hear that it speaks plaintext now.
      await until(isWhole(scene));
    },
  },
  {
    name: 'another-trust-domain',
    breaks:
      'the mesh plane names its workloads in another trust domain, with ours as its alias; one has restarted since',
    ...manual('spiffe-identity'),
    commit: async ({ lab, undo }) => {
      const before = await readMeshConfig(lab);
      undo.defer(() => writeMeshConfig(lab, before));
      const config = parse(before) as object;
      const changed = { ...config, trustDomain: 'another.example', trustDomainAliases: ['cluster.local'] };
      await writeMeshConfig(lab, stringify(changed));
    },
  },
];

/** Sets the label that decides about the sidecar, and waits for the pods that come of it. */
async function inject(lab: Lab, { namespace, name }: DeploymentRef, value: string | null): Promise<void> {
  const labels = { [INJECT_LABEL]: value };
  const patch: KubernetesObject & { spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: { template: { metadata: { labels } } },
  };
  await changeObject(lab, patch);
  await rolledOut(lab.kube, { namespace, name }, { within: 'workloadsReady' });
}

/** The mesh plane without a revision keeps its settings in the ConfigMap `istio`. */
const meshConfigOf = (lab: Lab) => ({ namespace: lab.distribution.planes.mesh.namespace, name: 'istio' });

async function readMeshConfig(lab: Lab): Promise<string> {
  const { data } = await lab.kube.core.readNamespacedConfigMap(meshConfigOf(lab));
  return data?.['mesh'] ?? '';
}

/** Writes it, and restarts istiod and the workload that nobody depends on. */
async function writeMeshConfig(lab: Lab, mesh: string): Promise<void> {
  const map: KubernetesObject & { data: object } = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: meshConfigOf(lab),
    data: { mesh },
  };
  await changeObject(lab, map);
  await restartIstiod(lab, 'mesh');
  await restartWorkloads(lab, 'mesh', [INSIDE_PROBE]);
}
