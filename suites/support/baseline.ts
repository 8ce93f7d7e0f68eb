import { scenario } from '../../harness/claims/worker.ts';
import { found } from '../../harness/kube/client.ts';
import { istiodOf, type Lab } from '../../harness/mesh/lab.ts';
import { throughGateway } from '../../harness/probe/http.ts';
import { readAllSecrets, type ProxySecrets } from '../../harness/probe/proxies.ts';
import { certManager } from '../../harness/remedies/cert-manager.ts';
import { manual } from '../../harness/remedies/manual.ts';
import { eventually } from '../../harness/retry.ts';
import { sharedRoots } from '../../harness/trust/proxy-verdict.ts';

/**
 * The baseline of every scenario: no plane has a plugged-in CA, no proxy shares a root with the other side. Asserted,
 * and brought about where an earlier scenario (or a broken one) has left something else.
 */
export async function splitBaseline(lab: Lab): Promise<ProxySecrets[]> {
  let secrets = await readAllSecrets(lab);
  if (sharedRoots(secrets).length > 0 || (await hasRemedy(lab)) || (await isPlaneAway(lab))) {
    await revertAll(lab);
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

async function hasRemedy(lab: Lab): Promise<boolean> {
  const { mesh, gateway } = lab.distribution.planes;
  const secrets = await Promise.all(
    [mesh, gateway].map(({ namespace }) => found(lab.kube.core.readNamespacedSecret({ namespace, name: 'cacerts' }))),
  );
  return secrets.some((secret) => secret !== undefined);
}

/** cert-manager would put a deleted `cacerts` back, so what belongs to it goes with it; it may not be installed. */
async function revertAll(lab: Lab): Promise<void> {
  const installed = await found(lab.kube.core.readNamespace({ name: 'cert-manager' }));
  await (installed === undefined ? manual : certManager).revert(lab);
}

export const onceSplit = (lab: Lab) => scenario(() => splitBaseline(lab));
