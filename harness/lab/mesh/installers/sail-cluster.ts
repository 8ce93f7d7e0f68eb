import type { KubernetesObject } from '@kubernetes/client-node';
import { defined } from '../../../common/defined.ts';
import { environmentFailure, labFailure } from '../../../common/errors.ts';
import { objectName } from '../../../cluster/kube/manifests.ts';
import { apply, type ApplyOptions, type Proprietor, tryOut } from '../../../cluster/ownership/objects.ts';
import type { Kube } from '../../../cluster/kube/client.ts';
import { apiMessage, found } from '../../../cluster/kube/failure.ts';
import { eventually } from '../../../common/retry.ts';
import { type Sail, type InstallerKind, INTO_ANY_CLUSTER, type IstioParts, OF_EVERY_BUILD } from './installer.ts';
import { SAIL_API, sailCni, sailResources } from './sail.ts';

/** Served by OpenShift alone. */
const OPENSHIFT = { apiVersion: 'config.openshift.io/v1', kind: 'ClusterVersion' } as const;

/** The Sail operator of the cluster, which OpenShift Service Mesh 3 is. */
export const sail: InstallerKind<Sail> = {
  ...INTO_ANY_CLUSTER,
  name: 'sail',
  uses: OF_EVERY_BUILD,
  namesImages: false,
  wants: 'the Sail operator',
  needsTools: () => false,
  open: () => ({ kind: 'sail' }),
  render: (plane, parts) => Promise.resolve(sailResources(plane, parts)),
  assertApplicable: assertSail,
  apply: applySail,
};

/**
 * Holds the resources of a plane against the cluster without changing it. Fails where it has no Sail operator (exit code
 * 3), and where the operator's schema refuses a resource (exit code 4).
 */
export async function assertSail(kube: Kube, resources: readonly KubernetesObject[]): Promise<void> {
  if (!(await kube.objects.serves(SAIL_API, 'Istio'))) {
    throw environmentFailure(`The cluster does not serve ${SAIL_API}: nobody there would install the plane.`, {
      next: 'Install the Sail operator (on OpenShift: OpenShift Service Mesh 3), or choose another installer for the plane.',
    });
  }
  for (const resource of resources) await assertAccepted(kube, resource);
}

/**
 * Has the cluster's Sail operator install a plane, and waits until it has: its resource is Ready. Fails as
 * {@link assertSail} does, before anything is changed.
 */
export async function applySail(
  owner: Proprietor,
  parts: IstioParts,
  resources: readonly KubernetesObject[],
  options: ApplyOptions,
): Promise<void> {
  const { kube } = owner;
  await assertSail(kube, resources);
  for (const objects of [await missingCni(kube, parts), resources]) {
    await apply(owner, objects, options);
    const forOperator = objects.filter(({ apiVersion }) => apiVersion === SAIL_API);
    for (const resource of forOperator) await reconciled(kube, resource, options.signal);
  }
}

/** Asks the API server what it would say: it holds a resource against the schema of the operator's version. */
async function assertAccepted(kube: Kube, resource: KubernetesObject): Promise<void> {
  try {
    await tryOut(kube, resource);
  } catch (error) {
    throw labFailure(`${objectName(resource)} would be refused: ${apiMessage(error)}`, {
      next: "Set version and values of the plane to what the cluster's Sail operator knows.",
      cause: error,
    });
  }
}

/** Pods on OpenShift need the CNI plug-in; one that is there is somebody's, and stays as it is. */
async function missingCni(kube: Kube, parts: IstioParts): Promise<KubernetesObject[]> {
  if (!(await kube.objects.serves(OPENSHIFT.apiVersion, OPENSHIFT.kind))) return [];
  const cni = { apiVersion: SAIL_API, kind: 'IstioCNI', metadata: { name: 'default' } };
  if ((await found(kube.objects.read(cni))) !== undefined) return [];
  const namespace = await found(kube.core.readNamespace({ name: 'istio-cni' }));
  return sailCni(parts).filter(({ kind }) => kind !== 'Namespace' || namespace === undefined);
}

interface Reconciled extends KubernetesObject {
  status?: {
    observedGeneration?: number;
    conditions?: { type: string; status: string; message?: string }[];
  };
}

/** Waits until the operator has seen the resource as it is now, and what it stands for is Ready. */
async function reconciled(kube: Kube, { apiVersion, kind, metadata }: KubernetesObject, signal?: AbortSignal) {
  const header = { apiVersion: apiVersion ?? '', kind: kind ?? '', metadata: { name: metadata?.name ?? '' } };
  await eventually(
    async () => {
      const { metadata: now, status } = await kube.objects.read<Reconciled>(header);
      if ((status?.observedGeneration ?? 0) < (now?.generation ?? 0)) throw new Error('the operator has not seen it');
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True') throw new Error(ready?.message ?? 'it says nothing about being Ready');
    },
    {
      waitingFor: `the Sail operator to have ${objectName(header)} ready`,
      within: 'planeReady',
      ...defined({ signal }),
    },
  );
}
