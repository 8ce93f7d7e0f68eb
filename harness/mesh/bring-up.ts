import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { connect } from '../cluster/access.ts';
import { foreignMeshes, planAround, pluggedIn } from '../cluster/conflicts.ts';
import { environmentFailure, labFailure, messageOf } from '../errors.ts';
import { apply, type ApplyOptions, parseManifests } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { type DeploymentRef, rolledOut } from '../kube/rollout.ts';
import type { Progress } from '../progress.ts';
import { eventually, WaitFailure } from '../retry.ts';
import type { CertManagerParts, Component, CoreParts, IstioParts } from '../supply/supply.ts';
import { type Distribution, type PlaneName, PLANES } from './distribution.ts';
import type { Ground } from './ground.ts';
import { injectorAnswers } from './injector.ts';
import { applyPlane, assertApplicable } from './installers/apply.ts';
import { asInstalled } from './installers/installed.ts';
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
import { bookinfo, gateway, namespaces, probes, strict } from './lab-manifests.ts';
import { renderPlane } from './planes.ts';
import { labPullSecret, type Pulling, pullingWith, pullSecrets } from './pulling.ts';

export interface LabPlan {
  runId: string;
  distribution: Distribution;
  /** Brings about what the lab stands on. */
  ground: () => Promise<Ground>;
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
}

/** A lab and what it stands on. */
export interface StandingLab {
  lab: Lab;
  ground: Ground;
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
  const ground = await plan.ground();
  const kube = connect(ground.access);
  kube.as('up');
  const options: ApplyOptions = { runId, signal };
  const wayIn = ground.exposure.gateway;
  const objects = { ...labObjects(plan, ground.exposure), ...(await rendering) };
  const around = planAround(ground.before, Object.values(objects).flat(), isSharedIn(plan));
  const theirs = namespacesOfOthers(plan);
  assertRoom(kube, [...foreignMeshes(ground.before, theirs), ...pluggedIn(ground.before, theirs), ...around.conflicts]);
  await assertApplicable(kube, istio.mesh, objects.mesh);
  await assertApplicable(kube, istio.gateway, objects.gatewayPlane);
  const wanted = (...some: KubernetesObject[][]) => some.flat().filter((object) => around.make.includes(object));
  const make = (...some: KubernetesObject[][]) => apply(kube, wanted(...some), options);

  await progress.phase('Install the mesh plane and Bookinfo', async (say) => {
    await make(objects.namespaces, objects.pullSecrets, objects.crds);
    await applyPlane(kube, istio.mesh, wanted(objects.mesh), options);
    await make(objects.strict);
    say('waiting for istiod');
    await ready(kube, [istiodOf(distribution.planes.mesh)], 'planeReady', signal);
    say('waiting for Bookinfo');
    await injectorAnswers(kube, distribution.planes.mesh, signal);
    await make(objects.bookinfo, objects.probes);
    await ready(kube, [...BOOKINFO, INSIDE_PROBE, OUTSIDE_PROBE], 'workloadsReady', signal);
  });
  await progress.phase('Install the gateway plane and its gateway', async (say) => {
    // OpenShift installs its plane when a GatewayClass of its controller appears.
    await make(objects.gateway.filter(({ kind }) => kind === 'GatewayClass'));
    await applyPlane(kube, istio.gateway, wanted(objects.gatewayPlane), options);
    say('waiting for istiod');
    await ready(kube, [istiodOf(distribution.planes.gateway)], 'planeReady', signal);
    await make(objects.gateway);
    say('waiting for the gateway');
    await ready(kube, [deploymentOfGateway(distribution)], 'workloadsReady', signal);
  });

  const { items: nodes } = await kube.core.listNode();
  const installed = {
    mesh: await asInstalled(kube, distribution.planes.mesh, istio.mesh),
    gateway: await asInstalled(kube, distribution.planes.gateway, istio.gateway),
  };
  const lab = attachLab(
    saveLab({
      runId,
      access: ground.access,
      distribution,
      istio: installed,
      ...(next === undefined ? {} : { next }),
      ways: await ground.ways(signal),
      wayIn,
      host: plan.host,
      lossBudget: plan.lossBudget,
      kubernetesVersion: nodes[0]?.status?.nodeInfo?.kubeletVersion ?? '?',
      nodes: nodes.length,
      components: componentsOf([...releasesOf({ ...plan, istio: installed }), parts]),
      tools: parts.tools,
      archives: archivesOf(plan),
    }),
  );
  return { lab, ground, pulling: plan.pulling };
}

async function renderPlanes({ distribution: { planes }, istio }: LabPlan, signal: AbortSignal) {
  const [mesh, gatewayPlane] = await Promise.all([
    renderPlane(planes.mesh, istio.mesh, signal),
    renderPlane(planes.gateway, istio.gateway, signal),
  ]);
  return { mesh, gatewayPlane };
}

/** Everything else that a lab is made of in its cluster. */
const labObjects = ({ parts, distribution, host, pulling }: LabPlan, exposure: Ground['exposure']) => ({
  namespaces: namespaces(distribution),
  crds: parts.gatewayApiCrds.flatMap((path) => parseManifests(readFileSync(path, 'utf8'))),
  strict: strict(distribution),
  pullSecrets: pullSecrets(pulling, distribution),
  bookinfo: pullingWith(pulling.lab, bookinfo(parts.bookinfo)),
  probes: pullingWith(pulling.lab, probes(parts.probeImage, exposure)),
  gateway: gateway(gatewayOf({ distribution, host, wayIn: exposure.gateway })),
});

/** The planes that somebody else has installed. */
const planesOfOthers = ({ istio }: LabPlan): PlaneName[] =>
  PLANES.filter((plane) => istio[plane].installer.kind === 'preinstalled');

const namespacesOfOthers = (plan: LabPlan): ReadonlySet<string> =>
  new Set(planesOfOthers(plan).map((plane) => plan.distribution.planes[plane].namespace));

/** What a lab uses as it is where it is there already: with a plane of others come its namespace and what it works by. */
function isSharedIn(plan: LabPlan): (object: KubernetesObject) => boolean {
  const theirs = planesOfOthers(plan);
  const kinds = [
    'CustomResourceDefinition',
    ...(theirs.includes('gateway') ? ['GatewayClass'] : []),
    ...(theirs.includes('mesh') ? ['PeerAuthentication'] : []),
  ];
  return ({ kind = '', metadata }) =>
    kinds.includes(kind) || (kind === 'Namespace' && namespacesOfOthers(plan).has(metadata?.name ?? ''));
}

function assertRoom({ server }: Kube, conflicts: readonly string[]): void {
  if (conflicts.length === 0) return;
  throw environmentFailure(`The cluster ${server} has no room for a lab, and nothing was changed in it.`, {
    next: 'Take another cluster, or give planes and GatewayClass other names (planes.X.namespace, gatewayClass.name).',
    evidence: conflicts.join('\n'),
  });
}

/** The releases of Istio that a lab has to do with. */
const releasesOf = ({ istio, next }: Pick<LabPlan, 'istio' | 'next'>): IstioParts[] =>
  [istio, next ?? istio].flatMap((one) => PLANES.map((plane) => one[plane]));

/** The image archives of a lab, each once. */
export const archivesOf = (plan: Pick<LabPlan, 'parts' | 'istio' | 'next'>): string[] => [
  ...new Set([...plan.parts.archives, ...releasesOf(plan).flatMap(({ archives }) => archives)]),
];

/** Adds cert-manager to a lab: images, manifests, and its webhook must answer. */
export async function installCertManager(
  { lab: { kube, runId }, ground, pulling }: StandingLab,
  parts: CertManagerParts,
  signal: AbortSignal,
): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cert-manager' } };
  const manifests = parseManifests(readFileSync(parts.manifests, 'utf8'));
  const secrets = pulling.lab === undefined ? [] : [labPullSecret(pulling.lab, 'cert-manager')];
  const wanted = [namespace, ...secrets, ...pullingWith(pulling.lab, manifests)];
  const { make, conflicts } = planAround(ground.before, wanted);
  assertRoom(kube, conflicts);
  await ground.addImages(parts.archives, signal);
  await apply(kube, make, { runId, signal });
  const deployments = ['cert-manager', 'cert-manager-webhook', 'cert-manager-cainjector'];
  await ready(
    kube,
    deployments.map((name) => ({ namespace: 'cert-manager', name })),
    'certManagerReady',
    signal,
  );
}

/** Each once, though both planes may be made of the same. */
function componentsOf(parts: readonly { components: Component[] }[]): Component[] {
  const all = parts.flatMap(({ components }) => components);
  return [...new Map(all.map((component) => [JSON.stringify(component), component])).values()];
}

async function ready(
  kube: Kube,
  deployments: readonly DeploymentRef[],
  within: 'planeReady' | 'workloadsReady' | 'certManagerReady',
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
    if (error instanceof WaitFailure)
      throw labFailure(error.message, { evidence: await podTroubles(kube).catch(messageOf), cause: error });
    throw error;
  }
}

/** Why pods are not ready, in the cluster's own words: for the evidence of a failed bring-up. */
async function podTroubles(kube: Kube): Promise<string> {
  const { items } = await kube.core.listPodForAllNamespaces();
  return items
    .flatMap((pod) =>
      [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
        .filter((container) => !container.ready && container.state?.terminated?.reason !== 'Completed')
        .map((container) => {
          const { waiting, terminated } = container.state ?? {};
          const why = waiting?.message ?? waiting?.reason ?? terminated?.reason ?? 'not ready';
          return `${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''} ${container.name}: ${why}`;
        }),
    )
    .join('\n');
}
