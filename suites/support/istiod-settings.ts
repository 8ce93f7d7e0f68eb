import { rolledOut } from '../../harness/cluster/kube/rollout.ts';
import { change } from '../../harness/cluster/ownership/objects.ts';
import { istiodOf, type Lab } from '../../harness/lab/mesh/lab.ts';
import { DISCOVERY } from '../../harness/observations/istio.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { undoAfter } from './undo.ts';

/** Sets environment variables of a plane's istiod, which restarts with them; returns how to take that back. */
export async function setOnIstiod(
  lab: Lab,
  plane: PlaneName,
  settings: Record<string, string>,
): Promise<() => Promise<void>> {
  const istiod = istiodOf(lab.distribution.planes[plane]);
  const { spec } = await lab.kube.apps.readNamespacedDeployment(istiod);
  const set = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const containers = (spec?.template.spec?.containers ?? []).map((one) => {
    if (one.name !== DISCOVERY) return one;
    const others = (one.env ?? []).filter(({ name }) => !(name in settings));
    return Object.assign(structuredClone(one), { env: [...others, ...set] });
  });
  const takeBack = await change(lab, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: istiod,
    spec: { template: { spec: { containers } } },
  } as Parameters<typeof change>[1]);
  const undo = async () => {
    await takeBack();
    await rolledOut(lab.kube, istiod, { within: 'planeReady' });
  };
  try {
    await rolledOut(lab.kube, istiod, { within: 'planeReady' });
  } catch (error) {
    await undoAfter(error, undo);
  }
  return undo;
}
