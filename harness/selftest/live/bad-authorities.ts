import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject, V1Secret } from '@kubernetes/client-node';
import { change } from '../../cluster/ownership/objects.ts';
import { found } from '../../cluster/kube/failure.ts';
import type { DeploymentRef } from '../../cluster/kube/rollout.ts';
import { istiodOf } from '../../lab/mesh/lab.ts';
import { cacertsReference } from '../../lab/remedies/manual.ts';
import { CA_FILES, REVISION_LABEL, SELF_SIGNED_TYPE } from '../../observations/istio.ts';
import { keepWriting } from './keep-writing.ts';
import { badAuthority, type LiveSabotage, type Scene } from './scene.ts';

/** What spares istiod a bad CA, or does not spare who serves. */
export const BAD_AUTHORITIES: readonly LiveSabotage[] = [
  {
    name: 'cacerts-put-back',
    breaks: 'somebody keeps putting a sound CA back into the gateway plane’s cacerts',
    ...badAuthority(
      ...['incomplete', 'expired', 'wrong-key', 'end-entity', 'root-path-length', 'glued-pem', 'glued-pem-reloaded'],
      ...['ends-first', 'two-replicas', 'own-cacerts'],
    ),
    needsSeparateMaps: true,
    commit: async (scene) => {
      const { lab, keepSecret } = scene;
      const { metadata } = cacertsReference(lab.distribution.planes.gateway);
      const { data: sound = {} } = await lab.kube.core.readNamespacedSecret(metadata);
      keepSecret(Buffer.from(sound[CA_FILES.key] ?? '', 'base64').toString());
      keepWriting(
        scene,
        async () => {
          const there = await found(lab.kube.core.readNamespacedSecret(metadata));
          if (there === undefined || there.type === SELF_SIGNED_TYPE || isDeepStrictEqual(there.data, sound)) return;
          await change(lab, withFiles(there, sound));
        },
        AT_ONCE,
      );
    },
  },
  {
    name: 'istiod-not-kept',
    breaks: 'the gateway plane’s istiod ends before its successor serves: strategy Recreate',
    ...badAuthority('incomplete', 'expired', 'wrong-key', 'end-entity', 'glued-pem'),
    commit: (scene) => endingFirst(scene, istiodOf(scene.lab.distribution.planes.gateway)),
  },
  {
    name: 'caBundles-put-right',
    breaks: 'somebody keeps writing istiod’s root into the caBundle of every webhook that calls it',
    ...badAuthority('webhook-root'),
    commit: (scene) => {
      keepWriting(scene, () => mendBundles(scene), AT_ONCE);
      return Promise.resolve();
    },
  },
];

/** Milliseconds: before a pod that starts now mounts its Secrets. */
const AT_ONCE = 20;

/** The merge patch that gives a Secret these files and no others. */
const withFiles = ({ data, metadata }: V1Secret, files: Record<string, string>): KubernetesObject => {
  const none = Object.fromEntries(Object.keys(data ?? {}).map((name) => [name, null]));
  const { namespace = '', name = '' } = metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    data: { ...none, ...files },
  } as KubernetesObject;
};

async function endingFirst({ lab, undo }: Scene, deployment: DeploymentRef): Promise<void> {
  const strategy = { type: 'Recreate', rollingUpdate: null };
  const patch = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: deployment, spec: { strategy } };
  undo.defer(await change(lab, patch));
}

interface Webhooks extends KubernetesObject {
  webhooks?: { clientConfig: { service?: { name: string; namespace: string }; caBundle?: string } }[];
}

async function mendBundles({ lab }: Scene): Promise<void> {
  const { namespace, deployment } = lab.distribution.planes.mesh;
  const isCalled = ({ clientConfig: { service } }: NonNullable<Webhooks['webhooks']>[number]) =>
    service?.name === deployment && service.namespace === namespace;
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  const { items } = await lab.kube.objects.get<{ items: Webhooks[] }>(path);
  const calling = items.filter(({ webhooks = [] }) => webhooks.some(isCalled));
  const own = calling.find(({ metadata }) => metadata?.labels?.[REVISION_LABEL] !== undefined);
  const right = own?.webhooks?.find(isCalled)?.clientConfig.caBundle;
  for (const { metadata, webhooks = [] } of calling) {
    if (right === undefined || webhooks.every(({ clientConfig }) => clientConfig.caBundle === right)) continue;
    const mended = webhooks.map((one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle: right } }));
    await change(lab, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: metadata?.name ?? '' },
      webhooks: mended,
    } as KubernetesObject);
  }
}
