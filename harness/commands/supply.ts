import type { Settings } from '../config/settings.ts';
import { usageFailure } from '../errors.ts';
import type { Session } from '../session.ts';
import { type Bundle, readBundle } from '../supply/bundle/bundle.ts';
import { BundleSupply } from '../supply/bundle/supply.ts';
import { type Choice, chooseSupply } from '../supply/choose.ts';
import { openSupply, SUPPLIES } from '../supply/open.ts';
import { PublishedSupply } from '../supply/published.ts';
import type { Supply, SupplyKind } from '../supply/supply.ts';

/** The bundle that the settings name. Fails, exit code 2, where it is none, or does not go with the rest of them. */
export function bundleOf({ bundle: folder, cluster, supply }: Settings): Bundle | undefined {
  if (folder === undefined) return undefined;
  const bundle = readBundle(folder);
  if (cluster === 'k3d') {
    throw usageFailure('A bundle has no parts of a cluster.', {
      next: 'Name one that is there: --cluster kubeconfig.',
    });
  }
  if (supply === 'auto' || supply === bundle.kind) return bundle;
  throw usageFailure(`The parts in ${folder} are of supply ${bundle.kind}, not ${supply}.`, {
    next: 'Leave out --supply.',
  });
}

/** Where the parts come from here and now. A bundle knows, and nobody is asked. */
export async function choiceOf(settings: Settings): Promise<Choice> {
  const bundle = bundleOf(settings);
  return bundle === undefined ? await chooseSupply(settings.supply) : { kind: bundle.kind, reason: 'from a bundle' };
}

/**
 * The supply of a kind for the cluster that the settings name. Nodes of a cluster of the run's own import images; those
 * of another one pull them: the official ones by themselves, what is built here from a registry that is named.
 */
export function supplyFor(
  { progress, signal }: Pick<Session, 'progress' | 'signal'>,
  settings: Settings,
  kind: SupplyKind,
  istioVersions: readonly string[],
): Supply {
  const bundle = bundleOf(settings);
  if (bundle !== undefined) return new BundleSupply(bundle, istioVersions);
  const { cluster, registry } = settings;
  const isPulling = cluster === 'kubeconfig' && registry === undefined;
  if (isPulling && SUPPLIES[kind].buildsHere) {
    throw usageFailure('Images that are built here do not get into that cluster by themselves.', {
      next: 'Name a registry that this machine and the nodes reach (registry: { push, pull } in meshtrust.yaml), or take the official images with --supply registry.',
    });
  }
  const supply = openSupply(kind, istioVersions, { pullsItself: isPulling }, progress, signal);
  return registry === undefined ? supply : new PublishedSupply(supply, registry, progress, signal);
}

/** Is a container engine needed? Not where the cluster is there already and pulls by itself all there is to pull. */
export const needsEngine = ({ cluster, registry, bundle }: Settings, kind: SupplyKind): boolean =>
  bundle === undefined && (cluster === 'k3d' || registry !== undefined || SUPPLIES[kind].buildsHere);
