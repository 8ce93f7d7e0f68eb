import type { Plan } from '../plan/plan.ts';
import type { Session } from './session.ts';
import { BundleSupply } from '../supply/bundle/supply.ts';
import { openSupply } from '../supply/open.ts';
import { PublishedSupply } from '../supply/published.ts';
import type { Supply } from '../supply/supply.ts';

/**
 * The supply of a plan, for the cluster that its settings name. Nodes of a cluster of the run's own import images; those
 * of another one pull them: the official ones by themselves, what is built here from a registry that is named.
 */
export function supplyFor(
  { progress, signal }: Pick<Session, 'progress' | 'signal'>,
  { settings, supply: { kind }, bundle, istioVersions }: Pick<Plan, 'settings' | 'supply' | 'bundle' | 'istioVersions'>,
): Supply {
  if (bundle !== undefined) return new BundleSupply(bundle, istioVersions);
  const { cluster, registry } = settings;
  const isPulling = cluster === 'kubeconfig' && registry === undefined;
  const supply = openSupply(kind, istioVersions, { pullsItself: isPulling }, progress, signal);
  return registry === undefined ? supply : new PublishedSupply(supply, registry, progress, signal);
}
