import { type ClaimGroup, type LabNeeds, needsOf } from './catalog.ts';
import { openExisting } from '../cluster/existing.ts';
import { readRegistries } from '../cluster/registries.ts';
import { distributionOf, type Settings } from './config/settings.ts';
import type { Distribution } from '../lab/mesh/distribution.ts';
import type { Choice } from '../supply/choose.ts';
import { ADD_ON_NAMES } from '../supply/supply.ts';
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
  /** What the lab is to have beyond the planes. */
  readonly needs: LabNeeds;
  /** Under the names that the settings give it. */
  readonly distribution: Distribution;
  /** Where the parts come from, and why. */
  readonly supply: Choice;
  readonly bundle: Bundle | undefined;
  /** The versions of Istio that the supply is to have. */
  readonly istioVersions: readonly string[];
  /** Does this machine need a container engine for it? */
  readonly needsEngine: boolean;
}

/** A lab to look around in: all that claims may ask for, in one version. */
const EVERYTHING: LabNeeds = { addOns: [...ADD_ON_NAMES], olderVersion: false, agents: 0 };

interface Request {
  groups?: readonly ClaimGroup[];
  /** Is the lab brought up from another machine, a pod of a Job? Then the cluster is not looked for here. */
  elsewhere?: boolean;
}

/** What can be wrong about settings is found here, before anything is touched. Fails, exit code 2. */
export async function planOf(settings: Settings, { groups, elsewhere = false }: Request = {}): Promise<Plan> {
  const needs = groups === undefined ? EVERYTHING : needsOf(groups);
  const distribution = distributionOf(settings);
  if (settings.k3d.registries !== undefined) readRegistries(settings.k3d.registries);
  pullSecretsOf(settings);
  const bundle = bundleOf(settings);
  assertInstallers(settings, needs);
  if (settings.cluster === 'kubeconfig' && !elsewhere) openExisting(settings.kubeconfig);
  const supply = await choiceOf(settings);
  assertReachable(settings, supply.kind);
  assertTools(settings, supply.kind);
  return {
    ...{ groups, needs, distribution, supply, bundle },
    settings: { ...settings, k3d: { ...settings.k3d, agents: Math.max(settings.k3d.agents, needs.agents) } },
    istioVersions: suppliedVersions(settings, needs),
    needsEngine: needsEngine(settings, supply.kind),
  };
}
