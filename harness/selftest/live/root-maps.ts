import type { KubernetesObject } from '@kubernetes/client-node';
import { rolledOut } from '../../cluster/kube/rollout.ts';
import { istiodOf, type Lab } from '../../lab/mesh/lab.ts';
import { CA_FILES, ISTIOD_SELECTOR } from '../../observations/istio.ts';
import { PLANES } from '../../observations/planes.ts';
import { change } from '../../cluster/ownership/objects.ts';
import { replicasToRestore, scale } from '../../cluster/ownership/rollout.ts';
import { eventually } from '../../common/retry.ts';
import { createRoot } from '../../verdict/trust/issue.ts';
import { keepWriting } from './keep-writing.ts';
import { type LiveSabotage, manual, type Scene } from './scene.ts';

/** A root ConfigMap that is not left alone. Pods that mount it notice late and for a while, so these come last. */
export const ROOT_MAPS: readonly LiveSabotage[] = [
  {
    name: 'root-map-rewritten',
    breaks: 'somebody keeps writing another root into the mesh’s root ConfigMap, and istiod its own',
    ...manual('configmap-stable'),
    commit: async (scene) => {
      const { lab, undo } = scene;
      const [own, foreign] = [await readRoot(lab), await foreignRoot(scene)];
      undo.defer(() => rootIs(lab, own));
      keepWriting(scene, () => writeRoot(lab, foreign));
    },
  },
  {
    name: 'root-map-replaced',
    breaks: 'another root stands in the mesh’s root ConfigMap, where no istiod is there to put it right',
    ...manual('configmap-stable'),
    commit: async (scene) => {
      const { lab, undo } = scene;
      const [own, foreign] = [await readRoot(lab), await foreignRoot(scene)];
      const { planes, configMaps } = lab.distribution;
      const writers = (configMaps === 'shared' ? PLANES : (['mesh'] as const)).map((name) => istiodOf(planes[name]));
      undo.defer(() => rootIs(lab, own));
      for (const istiod of writers) {
        const replicas = await replicasToRestore(lab, istiod);
        undo.defer(async () => {
          await scale(lab, istiod, replicas);
          await rolledOut(lab.kube, istiod, { within: 'planeReady' });
        });
        await scale(lab, istiod, 0);
        await noIstiod(lab, istiod.namespace);
      }
      await writeRoot(lab, foreign);
    },
  },
];

async function foreignRoot({ keepSecret }: Scene): Promise<string> {
  const foreign = await createRoot({ commonName: 'Foreign Root CA' });
  keepSecret(foreign.privateKey.pem());
  return foreign.certificate.pem;
}

async function readRoot(lab: Lab): Promise<string> {
  const { data } = await lab.kube.core.readNamespacedConfigMap(lab.distribution.rootMaps.mesh);
  return data?.[CA_FILES.root] ?? '';
}

async function writeRoot(lab: Lab, root: string): Promise<void> {
  const map: KubernetesObject & { data: object } = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: lab.distribution.rootMaps.mesh,
    data: { [CA_FILES.root]: root },
  };
  await change(lab, map);
}

/** Waits until istiod has put its root back, and leaves it alone. */
async function rootIs(lab: Lab, root: string): Promise<void> {
  await eventually(
    async () => {
      if ((await readRoot(lab)) !== root) throw new Error('it holds another root');
    },
    { waitingFor: 'istiod to put its root back', within: 'converge', inARow: 5 },
  );
}

async function noIstiod(lab: Lab, namespace: string): Promise<void> {
  await eventually(
    async () => {
      const { items } = await lab.kube.core.listNamespacedPod({ namespace, labelSelector: ISTIOD_SELECTOR });
      if (items.length > 0) throw new Error('it is still there');
    },
    { waitingFor: 'istiod to be gone', within: 'planeReady' },
  );
}
