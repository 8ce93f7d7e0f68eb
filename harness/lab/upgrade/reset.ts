import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { apply } from '../../cluster/ownership/objects.ts';
import { found } from '../../cluster/kube/failure.ts';
import { gatewayOf, istiodOf, type Lab } from '../mesh/lab.ts';
import { gateway } from '../mesh/lab-manifests.ts';
import { renderPlane } from '../mesh/installers/installers.ts';
import { readVersions } from '../probe/versions.ts';
import { restartWorkloads } from '../remedies/restart.ts';
import type { IstioParts } from '../mesh/installers/installer.ts';
import { canaryGatewayOf, canaryOf, replaceGateway, serveNamespaces } from './canary.ts';
import { install, proxiesRun, retire } from './in-place.ts';

/**
 * Puts both planes at these versions, under the revisions the lab came up with, whatever upgrade has left behind, half
 * a one too. Requests may be lost meanwhile.
 */
export async function resetVersions(lab: Lab, versions: Record<PlaneName, IstioParts>): Promise<void> {
  for (const name of PLANES) {
    if (!(await isAt(lab, name, versions[name]))) await reset(lab, name, versions[name]);
  }
}

async function isAt(lab: Lab, name: PlaneName, { version, hub, tag }: IstioParts): Promise<boolean> {
  const plane = lab.distribution.planes[name];
  const istiod = await found(lab.kube.apps.readNamespacedDeployment(istiodOf(plane)));
  const image = istiod?.spec?.template.spec?.containers[0]?.image;
  const running = (await readVersions(lab)).filter((proxy) => proxy.plane === name);
  return (
    image === `${hub}/pilot:${tag}` && !(await hasCanary(lab, name)) && running.every(({ istio }) => istio === version)
  );
}

const hasCanary = async ({ kube, distribution }: Lab, name: PlaneName): Promise<boolean> =>
  (await found(kube.apps.readNamespacedDeployment(istiodOf(canaryOf(distribution.planes[name]))))) !== undefined;

async function reset(lab: Lab, name: PlaneName, parts: IstioParts): Promise<void> {
  const plane = lab.distribution.planes[name];
  const canary = canaryOf(plane);
  const current = await install(lab, plane, parts);
  if (name === 'mesh') {
    await serveNamespaces(lab, plane);
    await restartWorkloads(lab, name);
  } else if (await hasCanary(lab, name)) {
    await replaceGateway(lab, canaryGatewayOf(lab, canary), gatewayOf(lab));
  } else {
    await apply(lab, gateway(gatewayOf(lab)));
  }
  await proxiesRun(lab, name, parts);
  await retire(lab, await renderPlane(canary, parts), current);
}
