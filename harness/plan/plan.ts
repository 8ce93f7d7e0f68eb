import { addOnsFor, type ClaimGroup, isUpgrade } from '../claims/catalog.ts';
import { openExisting } from '../cluster/existing.ts';
import { readRegistries } from '../cluster/registries.ts';
import { distributionOf, type Settings } from '../config/settings.ts';
import type { Distribution } from '../mesh/distribution.ts';
import type { Choice } from '../supply/choose.ts';
import { ADD_ON_NAMES, type AddOnName } from '../supply/supply.ts';
import type { Bundle } from '../supply/bundle/bundle.ts';
import { assertInstallers, assertTools } from './installers.ts';
import { suppliedVersions } from './istio.ts';
import { pullSecretsOf } from './pulling.ts';
import { assertReachable, bundleOf, choiceOf, needsEngine } from './supply.ts';

/** What settings come to, resolved once: whoever brings a lab up or judges it takes this, and looks up nothing again. */
export interface Plan {
  readonly settings: Settings;
  /** The claim groups that are to be judged; undefined for a whole lab to look around in. */
  readonly groups: readonly ClaimGroup[] | undefined;
  /** Is the lab to be of an older version first? */
  readonly upgrade: boolean;
  /** Under the names that the settings give it. */
  readonly distribution: Distribution;
  readonly addOns: readonly AddOnName[];
  /** Where the parts come from, and why. */
  readonly supply: Choice;
  readonly bundle: Bundle | undefined;
  /** The versions of Istio that the supply is to have. */
  readonly istioVersions: readonly string[];
  /** Does this machine need a container engine for it? */
  readonly needsEngine: boolean;
}

interface Request {
  groups?: readonly ClaimGroup[];
  /** Is the lab brought up from another machine, a pod of a Job? Then the cluster is not looked for here. */
  elsewhere?: boolean;
}

/** What can be wrong about settings is found here, before anything is touched. Fails, exit code 2. */
export async function planOf(settings: Settings, { groups, elsewhere = false }: Request = {}): Promise<Plan> {
  const upgrade = isUpgrade(groups ?? []);
  const distribution = distributionOf(settings);
  if (settings.k3d.registries !== undefined) readRegistries(settings.k3d.registries);
  pullSecretsOf(settings);
  const bundle = bundleOf(settings);
  assertInstallers(settings, { upgrade });
  if (settings.cluster === 'kubeconfig' && !elsewhere) openExisting(settings.kubeconfig);
  const supply = await choiceOf(settings);
  assertReachable(settings, supply.kind);
  assertTools(settings, supply.kind);
  return {
    ...{ settings, groups, upgrade, distribution, supply, bundle },
    addOns: groups === undefined ? ADD_ON_NAMES : addOnsFor(groups),
    istioVersions: suppliedVersions(settings, { upgrade }),
    needsEngine: needsEngine(settings, supply.kind),
  };
}
