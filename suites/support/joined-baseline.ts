import type { LabContext } from '../../harness/run/claims/claim.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { judgeProductPage } from '../../harness/verdict/judges/bookinfo.ts';
import { type PlaneName, PLANES } from '../../harness/observations/planes.ts';
import { type PluggedIn, readPluggedIn } from '../../harness/lab/probe/cacerts.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import type { Remedy } from '../../harness/lab/remedies/remedy.ts';
import { eventually } from '../../harness/common/retry.ts';
import { type Certificate, sameRoots } from '../../harness/observations/certificate.ts';
import { issuedBy, trustsOnly, verifiesTo } from '../../harness/verdict/trust/proxy-verdict.ts';
import { splitBaseline } from './baseline.ts';
import { everyProxy, noFaults } from './checks.ts';

/** The lab as a remedy has left it, in public parts: an earlier scenario's root has taken its key with it. */
export interface JoinedLab {
  root: Certificate;
  planes: Record<PlaneName, PluggedIn>;
}

/**
 * The baseline of claims about life after a remedy: both planes have its CAs plugged in, every proxy holds what its
 * plane issues under the one root, and Bookinfo is whole through the gateway. Asserted, and brought about from the
 * split where an earlier scenario has left something else.
 */
export async function joinedBaseline({ lab, keepSecret }: LabContext, remedy: Remedy): Promise<JoinedLab> {
  const inherited = await joinedLab(lab, remedy).catch(() => undefined);
  if (inherited !== undefined) return inherited;
  await splitBaseline(lab);
  await remedy.apply(lab, keepSecret);
  return await joinedLab(lab, remedy);
}

async function joinedLab(lab: Lab, { name, secret }: Remedy): Promise<JoinedLab> {
  const [mesh, gateway] = await Promise.all(PLANES.map((plane) => readPluggedIn(lab, plane)));
  if (mesh === undefined || gateway === undefined) throw new Error('a plane has no plugged-in CA');
  const [root] = mesh.roots;
  if (root === undefined || !sameRoots(mesh.roots, gateway.roots)) throw new Error('the planes have different roots');
  const planes = { mesh, gateway };
  const isOwn = ({ format, keeper }: PluggedIn) => format === secret.format && keeper === secret.keeper;
  if (!Object.values(planes).every(isOwn)) throw new Error(`the CAs are not those of ${name}`);
  const held = await readAllSecrets(lab);
  await everyProxy(lab, held, ({ plane }) => issuedBy(planes[plane].intermediate.subjectCommonName ?? ''));
  await everyProxy(lab, held, () => verifiesTo(root));
  await everyProxy(lab, held, () => trustsOnly(root));
  await wholeThroughGateway(lab, 'meshtrust/baseline');
  return { root, planes };
}

/** Waits until Bookinfo is whole through the gateway, several times in a row. */
export async function wholeThroughGateway(lab: Lab, agent: string): Promise<void> {
  await eventually(
    async () => noFaults(judgeProductPage(await throughGateway(lab, '/productpage', { agent })).faults),
    { waitingFor: 'Bookinfo to be whole through the gateway', within: 'converge', inARow: 5 },
  );
}
