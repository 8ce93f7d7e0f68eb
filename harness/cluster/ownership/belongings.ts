import type { KubernetesObject } from '@kubernetes/client-node';
import { defined } from '../../common/defined.ts';
import { identityOf, type Inventory, type InventoryObject } from '../kube/inventory.ts';
import { RUN_LABEL } from './label.ts';
import { isMade } from './ledger.ts';
import type { ClusterRecord, Leftover } from './record.ts';

/** Controllers of a cluster, of Istio and of cert-manager: what only they have written to is nobody's own. */
const CONTROLLERS =
  /^(kube-|kubelet$|k3s$|openshift-|cluster-|service-ca|pilot-discovery$|cert-manager|controller$|webhook$|cainjector$)/;
/** What a cluster puts into every namespace. */
const EVERYWHERE = ['ConfigMap kube-root-ca.crt', 'ConfigMap openshift-service-ca.crt', 'ServiceAccount default'];

/** What is in a cluster while a run removes its lab. */
export interface Belongings {
  /** Made by the run: it may go. */
  own: InventoryObject[];
  /** With the run's label, and not made by it: somebody has copied it. */
  copies: InventoryObject[];
  /** Everything that neither the run nor a controller has made. */
  others: InventoryObject[];
}

export function sortOut({ objects }: Inventory, record: ClusterRecord): Belongings {
  const labelled = objects.filter(({ labels }) => labels[RUN_LABEL] === record.tenant.runId);
  const own = labelled.filter((object) => isMade(record, object));
  const mine = new Set(own.map(({ uid }) => uid));
  return {
    own,
    // Endpoints have the labels of their Service.
    copies: labelled.filter((object) => !mine.has(object.uid) && !isByController(object)),
    others: objects.filter((object) => !mine.has(object.uid) && !isByController(object) && !isLeftover(record, object)),
  };
}

/** It goes with what it belongs to, a cluster has it in each namespace, or controllers alone have written to it. */
function isByController(object: InventoryObject): boolean {
  const { owned, managers, kind, name } = object;
  return (
    owned ||
    kind === 'Endpoints' ||
    EVERYWHERE.includes(`${kind} ${name}`) ||
    (managers.length > 0 && managers.every((manager) => CONTROLLERS.test(manager)))
  );
}

const isLeftover = (record: ClusterRecord, object: InventoryObject): boolean =>
  leftoversOf(record).some((one) => matches(one, object, record.since));

/** What the controllers that the run has really installed may have left. */
export const leftoversOf = ({ tenant, made }: ClusterRecord): Leftover[] =>
  tenant.leftovers.filter(({ after }) => after === undefined || made.has(after));

/** Whether an object is what a controller of the run has left: made since the run began, and by nobody else. */
export function matches(leftover: Leftover, object: InventoryObject, since: number): boolean {
  const { apiVersion, kind, name, namespace = object.namespace, manager } = leftover;
  const isNamed = identityOf(object) === identityOf({ apiVersion, kind, name, ...defined({ namespace }) });
  const isByIt =
    manager === undefined || (object.managers.length > 0 && object.managers.every((one) => one === manager));
  return isNamed && isByIt && Date.parse(object.created) >= since;
}

/** What of others would go with an object of the run: what is in a namespace, the instances of a CRD. */
export function inside(object: InventoryObject, { others }: Belongings, crds: readonly CrdObject[]): InventoryObject[] {
  if (object.kind === 'Namespace') return others.filter(({ namespace }) => namespace === object.name);
  if (object.kind !== CRD) return [];
  const spec = crds.find(({ metadata }) => metadata?.name === object.name)?.spec;
  if (spec === undefined) return [];
  return others.filter(({ apiVersion, kind }) => kind === spec.names.kind && apiVersion.startsWith(`${spec.group}/`));
}

/** Whether there is anything in a namespace that no controller has put there. */
export const hasOthersIn = ({ objects }: Inventory, wanted: string): boolean =>
  objects.some((object) => object.namespace === wanted && !isByController(object));

export const CRD = 'CustomResourceDefinition';

export interface CrdObject extends KubernetesObject {
  spec?: { group: string; names: { kind: string } };
}
