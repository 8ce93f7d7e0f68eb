import type { KubernetesObject } from '@kubernetes/client-node';
import { ADD_ONS, addOnObjects } from '../lab/mesh/add-ons.ts';
import type { Distribution } from '../lab/mesh/distribution.ts';
import { renderPlane } from '../lab/mesh/installers/installers.ts';
import type { Pulling } from '../lab/mesh/pulling.ts';
import { type PlaneName, PLANES } from '../observations/planes.ts';
import { REMEDIES } from '../lab/remedies/remedies.ts';
import type { Remedy } from '../lab/remedies/remedy.ts';
import type { AddOnName, Supply } from '../supply/supply.ts';
import type { IstioParts } from '../lab/mesh/installers/installer.ts';
import { canaryOf } from '../lab/upgrade/canary.ts';

interface Later {
  supply: Supply;
  pulling: Pulling;
  distribution: Distribution;
  addOns: readonly AddOnName[];
  /** What the planes are upgraded to. */
  next?: Record<PlaneName, IstioParts>;
}

/**
 * What claims make in a lab after it was brought up, outside of its own namespaces: add-ons and the remedies by them,
 * the planes of an upgrade. A cluster of somebody's must have room for all of it before anything is begun.
 */
export function laterObjects(lab: Later): (signal: AbortSignal) => Promise<KubernetesObject[]> {
  const { supply, pulling, distribution, addOns: needed, next } = lab;
  return async (signal) => {
    const addOns = await Promise.all(
      needed.map(async (name) => addOnObjects(ADD_ONS[name], await supply.addOn(name), pulling)),
    );
    const remedies = Object.values<Remedy>(REMEDIES).filter((remedy) =>
      remedy.addOns.every((name) => needed.includes(name)),
    );
    const planes =
      next === undefined ? [] : await Promise.all(PLANES.map((plane) => upgraded(plane, lab, next, signal)));
    return [...addOns.flat(), ...remedies.flatMap(({ makes }) => makes({ distribution })), ...planes.flat()];
  };
}

/** What an upgraded plane, or a canary of it, has that the plane before it has not: under a revision of its own. */
async function upgraded(
  name: PlaneName,
  { distribution }: Later,
  next: Record<PlaneName, IstioParts>,
  signal: AbortSignal,
): Promise<KubernetesObject[]> {
  return await renderPlane(canaryOf(distribution.planes[name]), next[name], signal);
}
