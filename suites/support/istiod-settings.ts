import { rolledOut } from '../../harness/cluster/kube/rollout.ts';
import { change, ownsNamespace } from '../../harness/cluster/ownership/objects.ts';
import { istiodOf, type Lab } from '../../harness/lab/mesh/lab.ts';
import { DISCOVERY } from '../../harness/observations/istio.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { NotSupported } from '../../harness/run/claims/claim.ts';
import { undoAfter } from './undo.ts';

type Settings = Record<string, string>;

/** Environment variables of a plane's istiod, as far as its manifest holds their values. */
export async function settingsOf(lab: Lab, plane: PlaneName): Promise<Settings> {
  const env = (await containersOf(lab, plane)).find(({ name }) => name === DISCOVERY)?.env ?? [];
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

/**
 * Sees to it that a plane's istiod can have such settings: it has them, or it is the lab's. Somebody's istiod may be upgraded
 * while a run goes on, and what it was before would then be put back over it.
 * @throws NotSupported
 */
export async function assertSettable(lab: Lab, plane: PlaneName, settings: Settings): Promise<void> {
  if (await isSet(lab, plane, settings)) return;
  const { namespace, deployment } = lab.distribution.planes[plane];
  if (await ownsNamespace(lab, namespace)) return;
  const wanted = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  throw new NotSupported(
    `It needs ${namespace}/${deployment} with ${wanted.join(' ')}, and that istiod is not the lab's to change.`,
  );
}

/**
 * Sets environment variables of a plane's istiod, which restarts with them; returns how to take that back. One that has them
 * already is left as it is.
 * @throws NotSupported where it is somebody else's.
 */
export async function setOnIstiod(lab: Lab, plane: PlaneName, settings: Settings): Promise<() => Promise<void>> {
  await assertSettable(lab, plane, settings);
  if (await isSet(lab, plane, settings)) return () => Promise.resolve();
  const istiod = istiodOf(lab.distribution.planes[plane]);
  const set = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const containers = (await containersOf(lab, plane)).map((one) => {
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

async function containersOf(lab: Lab, plane: PlaneName) {
  const { spec } = await lab.kube.apps.readNamespacedDeployment(istiodOf(lab.distribution.planes[plane]));
  return spec?.template.spec?.containers ?? [];
}

async function isSet(lab: Lab, plane: PlaneName, settings: Settings): Promise<boolean> {
  const now = await settingsOf(lab, plane);
  return Object.entries(settings).every(([name, value]) => now[name] === value);
}
