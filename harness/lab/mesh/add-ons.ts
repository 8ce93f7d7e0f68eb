import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import type { Deadline } from '../../common/deadlines.ts';
import { parseManifests } from '../../cluster/kube/manifests.ts';
import type { DeploymentRef } from '../../cluster/kube/rollout.ts';
import { type AddOnName, type AddOnParts, ADD_ON_NAMES } from '../../supply/supply.ts';
import { labPullSecret, type Pulling, pullingWith } from './pulling.ts';

/**
 * Something beside the lab that only some claims need: it is installed before the first of them, and stays. What it is
 * made of comes from the supply ({@link AddOnParts}); it goes with the lab.
 */
export interface AddOn {
  readonly name: AddOnName;
  /** Made for it; all that it runs is there. */
  readonly namespace: string;
  /** Those that must be available, and whose logs are kept. */
  readonly deployments: readonly string[];
  /** How long they may take for that. */
  readonly within: Deadline;
  /** Secrets of its namespace in which it keeps keys of its own making: they bear no label of the run. */
  readonly keys: readonly string[];
  /** Leases that its controllers leave in kube-system, without a label of the run either. */
  readonly leases: readonly string[];
}

const CERT_MANAGER = {
  name: 'cert-manager',
  namespace: 'cert-manager',
  deployments: ['cert-manager', 'cert-manager-webhook', 'cert-manager-cainjector'],
  within: 'certManagerReady',
  keys: ['cert-manager-webhook-ca'],
  leases: [
    'cert-manager-controller',
    'cert-manager-cainjector-leader-election',
    'cert-manager-cainjector-leader-election-core',
  ],
} satisfies AddOn;

export const ADD_ONS: { readonly [Name in AddOnName]: AddOn & { readonly name: Name } } = {
  'cert-manager': CERT_MANAGER,
};

export const allAddOns = (): AddOn[] => ADD_ON_NAMES.map((name) => ADD_ONS[name]);

/** Its deployments, where they are. */
export const deploymentsOfAddOn = ({ namespace, deployments }: AddOn): DeploymentRef[] =>
  deployments.map((name) => ({ namespace, name }));

/** What it is made of, its namespace first. */
export function addOnObjects({ namespace }: AddOn, parts: AddOnParts, pulling: Pulling): KubernetesObject[] {
  const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const manifests = parseManifests(readFileSync(parts.manifests, 'utf8')).filter(
    ({ kind, metadata }) => kind !== 'Namespace' || metadata?.name !== namespace,
  );
  const secrets = pulling.lab === undefined ? [] : [labPullSecret(pulling.lab, namespace)];
  return [own, ...secrets, ...pullingWith(pulling.lab, manifests)];
}
