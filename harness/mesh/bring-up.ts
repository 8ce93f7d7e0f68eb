import { linkSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createCluster, execInNode } from '../cluster/k3d.ts';
import { freePort } from '../cluster/ports.ts';
import { labFailure, messageOf } from '../errors.ts';
import { apply, type ApplyOptions, parseManifests } from '../kube/apply.ts';
import { connectKube, type Kube } from '../kube/client.ts';
import { type DeploymentRef, rolledOut } from '../kube/rollout.ts';
import type { Progress } from '../progress.ts';
import { eventually, WaitFailure } from '../retry.ts';
import { workFolder } from '../state/runs.ts';
import type { CertManagerParts, Component, CoreParts, IstioParts } from '../supply/supply.ts';
import { type Distribution, loadDistribution, type Names, type PlaneName, PLANES } from './distribution.ts';
import { injectorAnswers } from './injector.ts';
import {
  attachLab,
  BOOKINFO,
  deploymentOfGateway,
  INSIDE_PROBE,
  gatewayOf,
  istiodOf,
  type Lab,
  OUTSIDE_PROBE,
  overlaysOf,
  saveLab,
} from './lab.ts';
import { bookinfo, gateway, namespaces, NODE_PORTS, probes, strict } from './lab-manifests.ts';
import { renderPlane } from './planes.ts';

export interface LabPlan {
  runId: string;
  distribution: string;
  names: Names;
  parts: CoreParts;
  /** What each plane is installed from. */
  istio: Record<PlaneName, IstioParts>;
  /** What they will be upgraded to, if so. */
  next?: Record<PlaneName, IstioParts>;
  host: string;
  /** Requests that an upgrade may lose. */
  lossBudget: number;
  /** Local ports, 0 to have a free one chosen. */
  ports: { api: number; gateway: number };
}

/**
 * Brings a lab up: cluster, mesh plane with Bookinfo, then the gateway plane and its gateway, in the order in which
 * they come on OpenShift. The caller owns what is left when this fails or is aborted.
 */
export async function bringUpLab(plan: LabPlan, progress: Progress, signal: AbortSignal): Promise<Lab> {
  const { parts, runId, istio, next } = plan;
  const distribution = loadDistribution(plan.distribution, { overlays: overlaysOf(istio), names: plan.names });
  const releases = [istio, next ?? istio].flatMap((one) => PLANES.map((plane) => one[plane]));
  const archives = [...new Set([...parts.archives, ...releases.flatMap((one) => one.archives)])];
  const ports = {
    api: await freePort(plan.ports.api),
    gateway: await freePort(plan.ports.gateway),
    outside: await freePort(),
    inside: await freePort(),
  };
  const rendering = renderPlanes(distribution, istio, signal);
  rendering.catch(() => undefined); // awaited below; the cluster's own failure comes first
  const kubeconfig = await progress.phase('Create the cluster', () =>
    createCluster(
      {
        k3d: parts.tools.k3d,
        runId,
        nodeImage: parts.nodeImage,
        ...(parts.k3dToolsImage === undefined ? {} : { toolsImage: parts.k3dToolsImage }),
        imagesFolder: placeArchives(runId, archives),
        apiPort: ports.api,
        nodePorts: new Map((['gateway', 'outside', 'inside'] as const).map((port) => [NODE_PORTS[port], ports[port]])),
        k3s: parts.k3dToolsImage === undefined,
      },
      signal,
    ),
  );
  const kube = connectKube(kubeconfig);
  kube.as('up');
  const options: ApplyOptions = { runId, signal };
  const planes = await rendering;

  await progress.phase('Install the mesh plane and Bookinfo', async (say) => {
    const crds = parts.gatewayApiCrds.flatMap((path) => parseManifests(readFileSync(path, 'utf8')));
    await apply(kube, [...namespaces(distribution), ...crds, ...planes.mesh, ...strict(distribution)], options);
    say('waiting for istiod');
    await ready(kube, [istiodOf(distribution.planes.mesh)], 'planeReady', signal);
    say('waiting for Bookinfo');
    await injectorAnswers(kube, distribution.planes.mesh, signal);
    await apply(kube, [...bookinfo(parts.bookinfo), ...probes(parts.probeImage)], options);
    await ready(kube, [...BOOKINFO, INSIDE_PROBE, OUTSIDE_PROBE], 'workloadsReady', signal);
  });
  await progress.phase('Install the gateway plane and its gateway', async (say) => {
    await apply(kube, planes.gateway, options);
    say('waiting for istiod');
    await ready(kube, [istiodOf(distribution.planes.gateway)], 'planeReady', signal);
    await apply(kube, gateway(gatewayOf({ distribution, host: plan.host })), options);
    say('waiting for the gateway');
    await ready(kube, [deploymentOfGateway(distribution)], 'workloadsReady', signal);
  });

  const version = await kube.core.listNode();
  return attachLab(
    saveLab({
      runId,
      kubeconfig,
      distribution,
      istio,
      ...(next === undefined ? {} : { next }),
      ports,
      host: plan.host,
      lossBudget: plan.lossBudget,
      kubernetesVersion: version.items[0]?.status?.nodeInfo?.kubeletVersion ?? '?',
      components: componentsOf([...releases, parts]),
      tools: parts.tools,
      archives,
    }),
  );
}

/** Adds cert-manager to a lab: images into the node, manifests, and its webhook must answer. */
export async function installCertManager(lab: Lab, parts: CertManagerParts, signal: AbortSignal): Promise<void> {
  placeArchives(lab.runId, parts.archives);
  for (const archive of parts.archives) {
    const path = `/var/lib/rancher/k3s/agent/images/${basename(archive)}`;
    await execInNode(lab.runId, ['ctr', '--namespace', 'k8s.io', 'images', 'import', path], { signal });
  }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cert-manager' } };
  const manifests = parseManifests(readFileSync(parts.manifests, 'utf8'));
  await apply(lab.kube, [namespace, ...manifests], { runId: lab.runId, signal });
  const deployments = ['cert-manager', 'cert-manager-webhook', 'cert-manager-cainjector'];
  await ready(
    lab.kube,
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

async function renderPlanes({ planes }: Distribution, istio: LabPlan['istio'], signal: AbortSignal) {
  const [mesh, gatewayPlane] = await Promise.all([
    renderPlane(planes.mesh, istio.mesh, signal),
    renderPlane(planes.gateway, istio.gateway, signal),
  ]);
  return { mesh, gateway: gatewayPlane };
}

/** The lab's folder of image archives: k3s, and our launcher like it, imports what lies there when it starts. */
function placeArchives(runId: string, archives: readonly string[]): string {
  const folder = join(workFolder(runId), 'images');
  mkdirSync(folder, { recursive: true });
  for (const archive of archives) {
    const place = join(folder, basename(archive));
    try {
      linkSync(archive, place);
    } catch {
      copyFileSync(archive, place);
    }
  }
  return folder;
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
        await rolledOut(kube, ref, { within, signal });
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
