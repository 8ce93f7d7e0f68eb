import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { upgradeInPlace } from '../../harness/lab/upgrade/in-place.ts';
import { noFaults, strictBookinfo } from '../support/checks.ts';
import { described, forward, look, olderBaseline, untrusted, wrongVersions } from '../support/upgrade.ts';

claim('upgrade.mixed.gateway-newer', (context) => newer('gateway', context));

claim('upgrade.mixed.mesh-newer', (context) => newer('mesh', context));

/** Upgrades one plane and looks at what the two are to each other then. */
async function newer(plane: PlaneName, context: ClaimContext): Promise<void> {
  const { lab } = context;
  const joined = await olderBaseline(context);
  const changeOf = (one: PlaneName) => forward(lab, one);
  await upgradeInPlace(lab, plane, changeOf(plane));
  const stage = await look(lab, `the ${plane} plane being newer`);
  await context.evidence('stage', described(stage));
  noFaults([...wrongVersions(stage, [plane], changeOf), ...untrusted(stage, joined)]);
  await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
  const inMesh = (path: string, agent: string) =>
    fromProbe(lab, 'inside', `http://productpage.bookinfo:9080${path}`, { agent });
  await strictBookinfo(context, inMesh, 'bookinfo-inside-the-mesh');
}
