import type { KubernetesObject } from '@kubernetes/client-node';
import { objectName } from '../../cluster/kube/manifests.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { remove } from '../../cluster/ownership/objects.ts';
import { rolledOut } from '../../cluster/kube/rollout.ts';
import type { Plane } from '../mesh/distribution.ts';
import { injectorAnswers } from '../mesh/injector.ts';
import { applyPlane } from '../mesh/installers/installers.ts';
import { istiodOf, type Lab } from '../mesh/lab.ts';
import { renderPlane } from '../mesh/installers/installers.ts';
import { readVersions } from '../probe/versions.ts';
import { restartWorkloadsInTurn } from '../remedies/restart-in-turn.ts';
import { eventually } from '../../common/retry.ts';
import type { IstioParts } from '../mesh/installers/installer.ts';

/** From one version to another, newer or older. */
export interface Change {
  from: IstioParts;
  to: IstioParts;
}

/**
 * Replaces a plane's istiod by another version's under the same revision, then its proxies (Istio documentation,
 * «In-place Upgrades»): sidecars by restarting their pods, the gateway's by itself, as istiod renders its Deployment.
 */
export async function upgradeInPlace(lab: Lab, name: PlaneName, { from, to }: Change): Promise<void> {
  const plane = lab.distribution.planes[name];
  const current = await install(lab, plane, to);
  await retire(lab, await renderPlane(plane, from), current);
  if (name === 'mesh') await restartWorkloadsInTurn(lab, name);
  await proxiesRun(lab, name, to);
}

/** Waits until all proxies of a plane run a version, and no other does beside them. */
export async function proxiesRun(lab: Lab, name: PlaneName, { version }: IstioParts): Promise<void> {
  await eventually(
    async () => {
      const running = (await readVersions(lab)).filter(({ plane }) => plane === name);
      if (running.length === 0) throw new Error('there is none');
      const others = running.filter(({ istio }) => istio !== version);
      if (others.length > 0) throw new Error(others.map(({ proxy, istio }) => `${proxy} runs ${istio}`).join(', '));
    },
    { waitingFor: `all proxies of the ${name} plane to run ${version}`, within: 'workloadsReady', inARow: 3 },
  );
}

/** Puts a version of a plane's istiod in and waits until it serves. Returns what it is made of. */
export async function install(lab: Lab, plane: Plane, parts: IstioParts): Promise<KubernetesObject[]> {
  const objects = await renderPlane(plane, parts);
  await applyPlane(lab, parts, objects);
  await rolledOut(lab.kube, istiodOf(plane), { within: 'planeReady' });
  if (plane.name === 'mesh') await injectorAnswers(lab.kube, plane);
  return objects;
}

/** Removes what only the former objects had. */
export async function retire(
  lab: Lab,
  former: readonly KubernetesObject[],
  current: readonly KubernetesObject[],
): Promise<void> {
  await remove(lab, goneWith(former, current));
}

/** What is in the former objects alone. CRDs are never gone: all that was configured would go with them. */
export function goneWith(
  former: readonly KubernetesObject[],
  current: readonly KubernetesObject[],
): KubernetesObject[] {
  const kept = new Set(current.map(keyOf));
  return former.filter((object) => object.kind !== 'CustomResourceDefinition' && !kept.has(keyOf(object)));
}

/** Group, kind and name: another version of its API makes no other object. */
const keyOf = (object: KubernetesObject) =>
  `${(object.apiVersion ?? '').replace(/(^|\/)[^/]*$/, '')} ${objectName(object)}`;
