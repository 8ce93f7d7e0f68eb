import type { V1Container } from '@kubernetes/client-node';
import { rolledOut } from '../../harness/cluster/kube/rollout.ts';
import { change, ownsNamespace } from '../../harness/cluster/ownership/objects.ts';
import { istiodOf, type Lab } from '../../harness/lab/mesh/lab.ts';
import { DISCOVERY } from '../../harness/observations/istio.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { NotSupported } from '../../harness/run/claims/claim.ts';
import { undoAfter } from './undo.ts';

type Settings = Record<string, string>;

/** Environment variables of a plane's istiod, as far as its manifest holds their values. */
export const settingsOf = async (lab: Lab, plane: PlaneName): Promise<Settings> =>
  settingsIn(await containersOf(lab, plane));

function settingsIn(containers: readonly V1Container[]): Settings {
  const env = containers.find(({ name }) => name === DISCOVERY)?.env ?? [];
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

/**
 * Sees to it that a plane's istiod can have such settings: it has them, or it is the lab's. Somebody's istiod may be upgraded
 * while a run goes on, and what it was before would then be put back over it.
 * @throws NotSupported
 */
export async function assertSettable(lab: Lab, plane: PlaneName, settings: Settings): Promise<void> {
  if (isSet(await settingsOf(lab, plane), settings)) return;
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
  const there = await containersOf(lab, plane);
  if (isSet(settingsIn(there), settings)) return () => Promise.resolve();
  const istiod = istiodOf(lab.distribution.planes[plane]);
  const set = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const containers = there.map((one) => {
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

async function containersOf(lab: Lab, plane: PlaneName): Promise<V1Container[]> {
  const { spec } = await lab.kube.apps.readNamespacedDeployment(istiodOf(lab.distribution.planes[plane]));
  return spec?.template.spec?.containers ?? [];
}

const isSet = (now: Settings, wanted: Settings): boolean =>
  Object.entries(wanted).every(([name, value]) => now[name] === value);
