import type { Settings } from './config/settings.ts';
import { usageFailure } from '../common/errors.ts';
import { type Bundle, readBundle } from '../supply/bundle/bundle.ts';
import { type Choice, chooseSupply } from '../supply/choose.ts';
import { SUPPLIES } from '../supply/open.ts';
import type { SupplyKind } from '../supply/supply.ts';

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

/** Fails, exit code 2, for images that are built here and have no way into the cluster that the settings name. */
export function assertReachable({ cluster, registry, bundle }: Settings, kind: SupplyKind): void {
  if (cluster === 'k3d' || registry !== undefined || bundle !== undefined || !SUPPLIES[kind].buildsHere) return;
  throw usageFailure('Images that are built here do not get into that cluster by themselves.', {
    next: 'Name a registry that this machine and the nodes reach (registry: { push, pull } in meshtrust.yaml), or take the official images with --supply registry.',
  });
}

/** Where the parts come from here and now. A bundle knows, and nobody is asked. */
export async function choiceOf(settings: Settings): Promise<Choice> {
  const bundle = bundleOf(settings);
  return bundle === undefined ? await chooseSupply(settings.supply) : { kind: bundle.kind, reason: 'from a bundle' };
}

/** Is a container engine needed? Not where the cluster is there already and pulls by itself all there is to pull. */
export const needsEngine = ({ cluster, registry, bundle }: Settings, kind: SupplyKind): boolean =>
  bundle === undefined && (cluster === 'k3d' || registry !== undefined || SUPPLIES[kind].buildsHere);
