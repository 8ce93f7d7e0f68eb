import type { Settings } from '../config/settings.ts';
import { usageFailure } from '../errors.ts';
import type { Session } from '../session.ts';
import { openSupply } from '../supply/open.ts';
import { PublishedSupply } from '../supply/published.ts';
import type { Supply, SupplyKind } from '../supply/supply.ts';

/**
 * The supply of a kind for the cluster that the settings name. Nodes of a cluster of the run's own import images; those
 * of another one pull them: the official ones by themselves, what is built here from a registry that is named.
 */
export function supplyFor(
  { progress, signal }: Pick<Session, 'progress' | 'signal'>,
  { cluster, registry }: Settings,
  kind: SupplyKind,
  istioVersions: readonly string[],
): Supply {
  const isPulling = cluster === 'kubeconfig' && registry === undefined;
  if (isPulling && kind === 'source') {
    throw usageFailure('Images that are built here do not get into that cluster by themselves.', {
      next: 'Name a registry that this machine and the nodes reach (registry: { push, pull } in meshtrust.yaml), or take the official images with --supply registry.',
    });
  }
  const supply = openSupply(kind, istioVersions, { pullsItself: isPulling }, progress, signal);
  return registry === undefined ? supply : new PublishedSupply(supply, registry, progress, signal);
}

/** Is a container engine needed? Not where the cluster is there already and pulls official images by itself. */
export const needsEngine = ({ cluster, registry }: Settings, kind: SupplyKind): boolean =>
  cluster === 'k3d' || registry !== undefined || kind === 'source';
