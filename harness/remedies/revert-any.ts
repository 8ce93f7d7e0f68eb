import { found } from '../kube/failure.ts';
import type { Lab } from '../mesh/lab.ts';
import { RUN_LABEL } from '../ownership/label.ts';
import { certManager } from './cert-manager.ts';
import { cacertsReference, manual } from './manual.ts';

/** Whether a plane has a plugged-in CA. */
export async function hasRemedy({ kube, distribution: { planes } }: Lab): Promise<boolean> {
  const references = [planes.mesh, planes.gateway].map((plane) => cacertsReference(plane).metadata);
  const secrets = await Promise.all(references.map((one) => found(kube.core.readNamespacedSecret(one))));
  return secrets.some((secret) => secret !== undefined);
}

/**
 * Reverts whichever remedy is in place, half a one too. cert-manager would put a deleted `cacerts` back, so what belongs
 * to it goes with it; it may not be installed.
 */
export async function revertAny(lab: Lab): Promise<void> {
  const namespace = await found(lab.kube.core.readNamespace({ name: 'cert-manager' }));
  const isInstalled = namespace?.metadata?.labels?.[RUN_LABEL] === lab.runId;
  await (isInstalled ? certManager : manual).revert(lab);
}
