import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { connect } from '../../cluster/access.ts';
import type { Deadline } from '../../common/deadlines.ts';
import { labFailure, messageOf } from '../../common/errors.ts';
import { parseManifests } from '../../cluster/kube/manifests.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { type DeploymentRef, rolledOut } from '../../cluster/kube/rollout.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { apply, type ApplyOptions, type Proprietor } from '../../cluster/ownership/objects.ts';
import type { Progress } from '../../common/progress.ts';
import { eventually, WaitFailure } from '../../common/retry.ts';
import type { AddOnParts, Component, CoreParts } from '../../supply/supply.ts';
import type { IstioParts } from './installers/installer.ts';
import { type AddOn, addOnObjects, deploymentsOfAddOn } from './add-ons.ts';
import type { Distribution } from './distribution.ts';
import type { LabCluster } from './lab-cluster.ts';
import { injectorAnswers } from './injector.ts';
import { applyPlane, assertApplicable } from './installers/installers.ts';
import { asInstalled } from './installers/installed.ts';
import { defined } from '../../common/defined.ts';
import {
  attachLab,
  BOOKINFO,
  deploymentOfGateway,
  gatewayOf,
  INSIDE_PROBE,
  istiodOf,
  type Lab,
  OUTSIDE_PROBE,
  saveLab,
} from './lab.ts';
import { podTroubles } from './logs.ts';
import { bookinfo, gateway, namespaces, probes, strict } from './lab-manifests.ts';
import { renderPlane } from './installers/installers.ts';
import { assertRoom, remainsOf } from './room.ts';
import { type Pulling, pullingWith, pullSecrets } from './pulling.ts';

export interface LabPlan {
  runId: string;
  distribution: Distribution;
  /** Brings about what the lab stands on. */
  cluster: () => Promise<LabCluster>;
  parts: CoreParts;
  /** What each plane is installed from. */
  istio: Record<PlaneName, IstioParts>;
  /** What they will be upgraded to, if so. */
  next?: Record<PlaneName, IstioParts>;
  /** The credentials that images are pulled with. */
  pulling: Pulling;
  host: string;
  /** Requests that an upgrade may lose. */
  lossBudget: number;
  /** What the probes want to hear. */
  probeToken: string;
  /** What will be made later on, in a cluster of somebody's: nothing of it may be there, or nothing is begun. */
  later: (signal: AbortSignal) => Promise<KubernetesObject[]>;
}

/** A lab and what it stands on. */
export interface StandingLab {
  lab: Lab;
  cluster: LabCluster;
  pulling: Pulling;
}

/**
 * Brings a lab up: mesh plane with Bookinfo, then the gateway plane and its gateway, in the order in which they come on
 * OpenShift. The caller owns what is left when this fails or is aborted.
 */
export async function bringUpLab(plan: LabPlan, progress: Progress, signal: AbortSignal): Promise<StandingLab> {
  const { parts, runId, distribution, istio, next } = plan;
  const rendering = renderPlanes(plan, signal);
  rendering.catch(() => undefined); // awaited below; the cluster's own failure comes first
  const cluster = await plan.cluster();
  const kube = connect(cluster.access);
  kube.as('up');
  const objects = { ...labObjects(plan, cluster.wayIn), ...(await rendering) };
  const shared = cluster.isGuest
    ? await assertRoom(kube, plan, cluster.before, Object.values(objects).flat(), signal)
    : [];
  await assertApplicable(kube, istio.mesh, objects.mesh);
  await assertApplicable(kube, istio.gateway, objects.gatewayPlane);
  const owner: Proprietor = { kube, runId, ledger: await cluster.take(remainsOf(plan)), shared };
  const options: ApplyOptions = { signal };
  const make = (...some: KubernetesObject[][]) => apply(owner, some.flat(), options);

  await progress.phase('Install the mesh plane and Bookinfo', async (say) => {
    await make(objects.namespaces, objects.pullSecrets, objects.crds);
    await applyPlane(owner, istio.mesh, objects.mesh, options);
    await make(objects.strict);
    say('waiting for istiod');
    await ready(plan, kube, [istiodOf(distribution.planes.mesh)], 'planeReady', signal);
    say('waiting for Bookinfo');
    await injectorAnswers(kube, distribution.planes.mesh, signal);
    await make(objects.bookinfo, objects.probes);
    await ready(plan, kube, [...BOOKINFO, INSIDE_PROBE, OUTSIDE_PROBE], 'workloadsReady', signal);
  });
  await progress.phase('Install the gateway plane and its gateway', async (say) => {
    // OpenShift installs its plane when a GatewayClass of its controller appears.
    await make(objects.gateway.filter(({ kind }) => kind === 'GatewayClass'));
    await applyPlane(owner, istio.gateway, objects.gatewayPlane, options);
    say('waiting for istiod');
    await ready(plan, kube, [istiodOf(distribution.planes.gateway)], 'planeReady', signal);
    await make(objects.gateway);
    say('waiting for the gateway');
    await ready(plan, kube, [deploymentOfGateway(distribution)], 'workloadsReady', signal);
  });

  const entrance = await cluster.way(owner, signal);
  const { items: nodes } = await kube.core.listNode();
  const installed = {
    mesh: await asInstalled(kube, distribution.planes.mesh, istio.mesh),
    gateway: await asInstalled(kube, distribution.planes.gateway, istio.gateway),
  };
  const lab = attachLab(
    saveLab({
      runId,
      isGuest: cluster.isGuest,
      shared,
      access: cluster.access,
      distribution,
      istio: installed,
      ...defined({ next }),
      addresses: { gateway: entrance.address },
      wayIn: entrance.exposure,
      probeToken: plan.probeToken,
      host: plan.host,
      lossBudget: plan.lossBudget,
      kubernetesVersion: nodes[0]?.status?.nodeInfo?.kubeletVersion ?? '?',
      nodes: nodes.length,
      components: componentsOf([...releasesOf({ ...plan, istio: installed }), parts]),
      tools: parts.tools,
      archives: archivesOf(plan),
    }),
  );
  return { lab, cluster, pulling: plan.pulling };
}

async function renderPlanes({ distribution: { planes }, istio }: LabPlan, signal: AbortSignal) {
  const [mesh, gatewayPlane] = await Promise.all([
    renderPlane(planes.mesh, istio.mesh, signal),
    renderPlane(planes.gateway, istio.gateway, signal),
  ]);
  return { mesh, gatewayPlane };
}

/** Everything else that a lab is made of in its cluster. */
const labObjects = ({ parts, distribution, host, pulling, probeToken }: LabPlan, wayIn: LabCluster['wayIn']) => ({
  namespaces: namespaces(distribution),
  crds: parts.gatewayApiCrds.flatMap((path) => parseManifests(readFileSync(path, 'utf8'))),
  strict: strict(distribution),
  pullSecrets: pullSecrets(pulling, distribution),
  bookinfo: pullingWith(pulling.lab, bookinfo(parts.bookinfo)),
  probes: pullingWith(pulling.lab, probes(parts.probeImage, probeToken)),
  gateway: gateway(gatewayOf({ distribution, host, wayIn })),
});

/** The releases of Istio that a lab has to do with. */
const releasesOf = ({ istio, next }: Pick<LabPlan, 'istio' | 'next'>): IstioParts[] =>
  [istio, next ?? istio].flatMap((one) => PLANES.map((plane) => one[plane]));

/** The image archives of a lab, each once. */
export const archivesOf = (plan: Pick<LabPlan, 'parts' | 'istio' | 'next'>): string[] => [
  ...new Set([...plan.parts.archives, ...releasesOf(plan).flatMap(({ archives }) => archives)]),
];

/** Installs an add-on in a lab: images, manifests, and whatever answers for it must. */
export async function installAddOn(
  { lab, cluster, pulling }: StandingLab,
  addOn: AddOn,
  parts: AddOnParts,
  signal: AbortSignal,
): Promise<void> {
  await cluster.addImages(parts.archives, signal);
  await apply(lab, addOnObjects(addOn, parts, pulling), { signal });
  await ready(lab, lab.kube, deploymentsOfAddOn(addOn), addOn.within, signal);
}

/** Each once, though both planes may be made of the same. */
function componentsOf(parts: readonly { components: Component[] }[]): Component[] {
  const all = parts.flatMap(({ components }) => components);
  return [...new Map(all.map((component) => [JSON.stringify(component), component])).values()];
}

async function ready(
  { runId, distribution }: Pick<LabPlan, 'runId' | 'distribution'>,
  kube: Kube,
  deployments: readonly DeploymentRef[],
  within: Deadline,
  signal: AbortSignal,
): Promise<void> {
  try {
    await Promise.all(
      deployments.map(async (ref) => {
        await eventually(() => kube.apps.readNamespacedDeployment(ref), {
          waitingFor: `deployment ${ref.namespace}/${ref.name} to exist`,
          within,
          signal,
        });
        await rolledOut(kube, ref, { within, isNew: true, signal });
      }),
    );
  } catch (error) {
    if (!(error instanceof WaitFailure)) throw error;
    throw labFailure(error.reason, {
      next: 'The lines below say what keeps its pods; where the machine is merely slow, raise deadlines.scale.',
      evidence: await podTroubles(kube, runId, distribution).catch(messageOf),
      cause: error,
    });
  }
}
