import type { KubernetesObject } from '@kubernetes/client-node';
import { identityOf, identityOfObject, type Inventory, type InventoryObject } from '../kube/inventory.ts';

const CRD = 'CustomResourceDefinition';

/** What a run would put into a cluster that is there already, held against what is there. */
export interface Plan {
  /** Objects to be made: what is there is left out where it can be shared. */
  make: KubernetesObject[];
  /** Why the cluster cannot be used as it is, a sentence each. */
  conflicts: string[];
}

/**
 * Nothing that is there may be overwritten, so each object of a run has to be new, but for what can be shared, CRDs
 * unless said otherwise: that is used as it is.
 */
export function planAround(
  { objects }: Inventory,
  wanted: readonly KubernetesObject[],
  isShared: (object: KubernetesObject) => boolean = ({ kind }) => kind === CRD,
): Plan {
  const there = new Set(objects.map(identityOf));
  const exists = (object: KubernetesObject) => there.has(identityOfObject(object));
  return {
    make: wanted.filter((object) => !isShared(object) || !exists(object)),
    conflicts: wanted
      .filter((object) => !isShared(object) && exists(object))
      .map((object) => `${identityOfObject(object)} is there already`),
  };
}

/** Plugged-in CAs in these namespaces: a plane that has one cannot be split and joined again without losing it. */
export const pluggedIn = ({ objects }: Inventory, namespaces: ReadonlySet<string>): string[] =>
  objects
    .filter(({ kind, name, namespace = '' }) => kind === 'Secret' && name === 'cacerts' && namespaces.has(namespace))
    .map(
      (object) => `${identityOf(object)} is there already: the plane has a plugged-in CA, which a run would replace`,
    );

const INJECTION_LABELS = ['istio-injection', 'istio.io/rev'];

/**
 * What would make a run's planes meddle with somebody else's workloads: another control plane, or namespaces that wait
 * for one to inject sidecars. Both belong to whoever made them.
 */
export function foreignMeshes({ objects }: Inventory, ours: ReadonlySet<string> = new Set()): string[] {
  const isIstiod = ({ kind, labels }: InventoryObject) => kind === 'Deployment' && labels['app'] === 'istiod';
  const istiods = objects.filter((object) => isIstiod(object) && !ours.has(object.namespace ?? ''));
  const waiting = objects.filter(
    ({ kind, name, labels }) =>
      kind === 'Namespace' &&
      !ours.has(name) &&
      INJECTION_LABELS.some((label) => (labels[label] ?? 'disabled') !== 'disabled'),
  );
  return [
    ...istiods.map(({ namespace = '', name }) => `another Istio control plane is there: ${namespace}/${name}`),
    ...waiting.map(({ name }) => `namespace ${name} asks for sidecars, and would get those of the lab`),
  ];
}
