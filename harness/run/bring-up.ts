import { randomBytes } from 'node:crypto';
import { distributionOf } from '../plan/config/settings.ts';
import { allAddOns } from '../lab/mesh/add-ons.ts';
import { archivesOf, bringUpLab, installAddOn, type StandingLab } from '../lab/mesh/bring-up.ts';
import { type Lab, overlaysOf } from '../lab/mesh/lab.ts';
import { istioBefore, istioOf } from '../plan/istio.ts';
import type { Plan } from '../plan/plan.ts';
import { pullingOf, withPulling } from '../plan/pulling.ts';
import { assertNodes } from '../cluster/preflight.ts';
import type { Session } from './session.ts';
import { rememberSecret } from '../cluster/state/runs.ts';
import { type Supply, withImages } from '../supply/supply.ts';
import { labOnExisting } from '../lab/mesh/existing-cluster.ts';
import type { LabCluster } from '../lab/mesh/lab-cluster.ts';
import { labOnK3d, type K3dLab } from '../lab/mesh/k3d-cluster.ts';
import type { Distribution } from '../lab/mesh/distribution.ts';
import { laterObjects } from './later.ts';
import { supplyFor } from './supply.ts';

/** What becomes known on the way to a lab, for a report that is written at any moment. */
export interface RunKnown {
  engine?: string;
  /** What was taken without a pin, a sentence each. */
  unpinned?: () => string[];
}

/** A lab in the split, and the supply of what only some need. Its planes are of the older version where one is needed. */
export async function bringUp(
  session: Session,
  plan: Plan,
  known: RunKnown = {},
): Promise<StandingLab & { supply: Supply }> {
  const { progress, signal, id: runId } = session;
  const { settings, needs } = plan;
  progress.note(`Supply: ${plan.supply.kind} (${plan.supply.reason}). Distribution: ${settings.distribution}.`);
  const supply = supplyFor(session, plan);
  known.unpinned = () => supply.unpinned();
  if (plan.needsEngine) known.engine = (await session.engine()).description;
  const parts = withImages(await supply.core(), settings.images);
  const last = await istioOf(settings, supply);
  const pulling = pullingOf(settings, last);
  const next = withPulling(last, pulling);
  const planes = needs.olderVersion
    ? { istio: withPulling(await istioBefore(settings, supply), pulling), next }
    : { istio: next };
  const distribution = distributionOf(settings, overlaysOf(planes.istio));
  const archives = archivesOf({ parts, ...planes });
  const cluster = () => openLabCluster(session, plan, { parts, archives, distribution });
  const later = laterObjects({
    supply,
    pulling,
    distribution,
    addOns: needs.addOns,
    ...(needs.olderVersion ? { next } : {}),
  });
  const {
    host,
    upgrade: { lossBudget },
  } = settings;
  const probeToken = randomBytes(24).toString('hex');
  rememberSecret(runId, probeToken);
  const lab = { runId, distribution, cluster, parts, ...planes, pulling, host, lossBudget, probeToken, later };
  return { ...(await bringUpLab(lab, progress, signal)), supply };
}

/** A lab with everything in it, all add-ons too: for `up` and for the benchmark. */
export async function bringUpWhole(session: Session, plan: Plan): Promise<Lab> {
  const { supply, ...standing } = await bringUp(session, plan);
  const { progress, signal } = session;
  for (const addOn of allAddOns()) {
    await progress.phase(`Install ${addOn.name}`, async () =>
      installAddOn(standing, addOn, await supply.addOn(addOn.name), signal),
    );
  }
  return standing.lab;
}

/** What the settings have a lab stand on: a cluster of its own, or one that is there already. */
async function openLabCluster(
  session: Session,
  { settings: { cluster, kubeconfig, ports, k3d }, needs }: Plan,
  lab: Pick<K3dLab, 'parts' | 'archives'> & { distribution: Distribution },
): Promise<LabCluster> {
  const { progress, signal, id: runId } = session;
  const hold = (resource: AsyncDisposable) => session.hold(resource);
  if (cluster === 'kubeconfig') {
    const { wayIn, ...existing } = kubeconfig;
    return await progress.phase('List what is in the cluster', async (say) => {
      const request = { runId, cluster: existing, distribution: lab.distribution, wayIn };
      const onIt = await labOnExisting(request, hold);
      assertNodes(onIt.before.objects, needs.agents + 1);
      say(`${onIt.before.objects.length} objects`);
      return onIt;
    });
  }
  return await progress.phase('Create the cluster', () => labOnK3d({ runId, ports, k3d, ...lab }, signal));
}
