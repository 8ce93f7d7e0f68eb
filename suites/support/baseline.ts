import { scenario } from '../../harness/run/claims/claim.ts';
import { istiodOf, type Lab } from '../../harness/lab/mesh/lab.ts';
import type { HeldByProxy } from '../../harness/observations/proxy.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { type Proxy, readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { hasRemedy, revertAny } from '../../harness/lab/remedies/remedies.ts';
import { eventually } from '../../harness/common/retry.ts';
import { sharedRoots } from '../../harness/verdict/trust/proxy-verdict.ts';

/**
 * The baseline of every scenario: no plane has a plugged-in CA, no proxy shares a root with the other side. Asserted,
 * and brought about where an earlier scenario (or a broken one) has left something else.
 */
export async function splitBaseline(lab: Lab): Promise<HeldByProxy<Proxy>[]> {
  let secrets = await readAllSecrets(lab);
  if (sharedRoots(secrets).length > 0 || (await hasRemedy(lab)) || (await isPlaneAway(lab))) {
    await revertAny(lab);
    secrets = await readAllSecrets(lab);
  }
  const shared = sharedRoots(secrets);
  if (shared.length > 0) throw new Error(`the baseline is not split: both sides trust ${shared.join(' and ')}`);
  await routed(lab);
  return secrets;
}

/** A revert that was cut short may have left the gateway plane scaled away. */
async function isPlaneAway(lab: Lab): Promise<boolean> {
  const istiod = await lab.kube.apps.readNamespacedDeployment(istiodOf(lab.distribution.planes.gateway));
  return istiod.spec?.replicas === 0;
}

/** Until the gateway has been told of its route it answers 404, or nothing at all; what else it answers is for claims. */
async function routed(lab: Lab): Promise<void> {
  await eventually(
    async () => {
      const { status } = await throughGateway(lab, '/productpage', { agent: 'meshtrust/baseline' });
      if (status === 404) throw new Error('the gateway answers 404');
    },
    { waitingFor: 'the route to reach the gateway', within: 'converge', inARow: 3 },
  );
}

export const onceSplit = () => scenario(({ lab }) => splitBaseline(lab));
