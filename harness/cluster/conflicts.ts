import type { KubernetesObject } from '@kubernetes/client-node';
import {
  identityOf,
  identityOfObject,
  type Inventory,
  type InventoryObject,
  sentenceFor,
  type Unread,
} from './kube/inventory.ts';
import { CACERTS, INJECT_LABEL, ISTIOD_APP, NAMESPACE_INJECTION_LABEL, REVISION_LABEL } from '../observations/istio.ts';

const CRD = 'CustomResourceDefinition';

/** What a run would put into a cluster that is there already, held against what is there. */
export interface Occupancy {
  /** Identities of what is there and is used as it is. */
  shared: string[];
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
): Occupancy {
  const there = new Set(objects.map(identityOf));
  const exists = (object: KubernetesObject) => there.has(identityOfObject(object));
  return {
    shared: wanted.filter((object) => isShared(object) && exists(object)).map(identityOfObject),
    conflicts: wanted
      .filter((object) => !isShared(object) && exists(object))
      .map((object) => `${identityOfObject(object)} is there already`),
  };
}

/** Kinds on which it depends whether a lab has room, beside those that it is made of. */
const DECISIVE = ['Namespace', 'Deployment', 'Pod', 'Secret', CRD];

/** What was not listed and may hide a conflict, a sentence each: nothing is begun in the dark. */
export function unreadable({ unread }: Inventory, wanted: readonly KubernetesObject[]): string[] {
  const groupOf = (apiVersion = '') => (apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : '');
  const matters = ({ group, kind }: Unread) =>
    wanted.some((object) => groupOf(object.apiVersion) === group && (kind === undefined || object.kind === kind)) ||
    (kind !== undefined && DECISIVE.includes(kind)) ||
    (kind === undefined && ['', 'apps', 'apiextensions.k8s.io'].includes(group));
  return unread.filter(matters).map((one) => `what is there cannot be listed: ${sentenceFor(one)}`);
}

/** Plugged-in CAs in these namespaces: a plane that has one cannot be split and joined again without losing it. */
export const pluggedIn = ({ objects }: Inventory, namespaces: ReadonlySet<string>): string[] =>
  objects
    .filter(({ kind, name, namespace = '' }) => kind === 'Secret' && name === CACERTS && namespaces.has(namespace))
    .map(
      (object) => `${identityOf(object)} is there already: the plane has a plugged-in CA, which a run would replace`,
    );

const INJECTION_LABELS = [NAMESPACE_INJECTION_LABEL, REVISION_LABEL];
const AMBIENT_LABEL = 'istio.io/dataplane-mode';
const POD_LABEL = 'service.istio.io/canonical-name';

/**
 * What would make a run's planes meddle with somebody else's workloads: another control plane, or namespaces that wait
 * for one to inject sidecars. Both belong to whoever made them.
 */
export function foreignMeshes({ objects }: Inventory, ours: ReadonlySet<string> = new Set()): string[] {
  const isIstiod = ({ kind, labels }: InventoryObject) => kind === 'Deployment' && labels['app'] === ISTIOD_APP;
  const istiods = objects.filter((object) => isIstiod(object) && !ours.has(object.namespace ?? ''));
  const foreign = objects.filter(({ kind, name }) => kind === 'Namespace' && !ours.has(name));
  const waiting = foreign.filter(({ labels }) =>
    INJECTION_LABELS.some((label) => (labels[label] ?? 'disabled') !== 'disabled'),
  );
  const ambient = foreign.filter(({ labels }) => (labels[AMBIENT_LABEL] ?? 'none') !== 'none');
  return [
    ...istiods.map(({ namespace = '', name }) => `another Istio control plane is there: ${namespace}/${name}`),
    ...waiting.map(({ name }) => `namespace ${name} asks for sidecars, and would get those of the lab`),
    ...ambient.map(({ name }) => `namespace ${name} is in an ambient mesh, whose proxies the lab's planes would serve`),
  ];
}

/** Pods of somebody's that are in a mesh, or wait to be, by labels of their own (Istio, «Resource Labels»); a sentence each. */
export const foreignPods = ({ objects }: Inventory): string[] =>
  objects
    .filter(({ kind, labels }) => kind === 'Pod' && (labels[INJECT_LABEL] === 'true' || POD_LABEL in labels))
    .map(({ namespace = '', name }) => `pod ${namespace}/${name} is in a mesh, or asks to be, by its labels`);
