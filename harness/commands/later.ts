import type { KubernetesObject } from '@kubernetes/client-node';
import type { ClaimGroup } from '../claims/catalog.ts';
import { certManagerObjects } from '../mesh/bring-up.ts';
import type { Distribution } from '../mesh/distribution.ts';
import { renderPlane } from '../mesh/planes.ts';
import type { Pulling } from '../mesh/pulling.ts';
import { type PlaneName, PLANES } from '../observations/planes.ts';
import { manifests, ROOT_SECRET } from '../remedies/cert-manager.ts';
import type { IstioParts, Supply } from '../supply/supply.ts';
import { canaryOf } from '../upgrade/canary.ts';

interface Later {
  supply: Supply;
  pulling: Pulling;
  distribution: Distribution;
  /** Undefined for a lab with everything in it. */
  groups: readonly ClaimGroup[] | undefined;
  /** What the planes are upgraded to. */
  next?: Record<PlaneName, IstioParts>;
}

/**
 * What claims make in a lab after it was brought up, outside of its own namespaces: cert-manager and the remedy by it,
 * the planes of an upgrade. A cluster of somebody's must have room for all of it before anything is begun.
 */
export function laterObjects(lab: Later): (signal: AbortSignal) => Promise<KubernetesObject[]> {
  const { supply, pulling, distribution, groups, next } = lab;
  const needsCertManager = groups === undefined || groups.some(({ needs }) => needs.includes('cert-manager'));
  return async (signal) => {
    const rootSecret = { apiVersion: 'v1', kind: 'Secret', metadata: ROOT_SECRET };
    const certManager = needsCertManager
      ? [...certManagerObjects(await supply.certManager(), pulling), ...manifests({ distribution }), rootSecret]
      : [];
    const planes =
      next === undefined ? [] : await Promise.all(PLANES.map((plane) => upgraded(plane, lab, next, signal)));
    return [...certManager, ...planes.flat()];
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
