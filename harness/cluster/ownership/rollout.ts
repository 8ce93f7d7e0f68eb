import type { DeploymentRef } from '../kube/rollout.ts';
import { change, type Proprietor } from './objects.ts';

/** Restarts a deployment the way `kubectl rollout restart` does: by a changed annotation of its pod template. */
export async function restart(owner: Proprietor, deployment: DeploymentRef): Promise<() => Promise<void>> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  return await changeSpec(owner, deployment, { template: { metadata: { annotations } } });
}

/** Sets the number of replicas and waits for nothing. Returns how to take that back. */
export const scale = (owner: Proprietor, deployment: DeploymentRef, replicas: number): Promise<() => Promise<void>> =>
  changeSpec(owner, deployment, { replicas });

/**
 * The replicas that a deployment is to have again after it is scaled away, asked before that: those it had before the run has
 * changed them, and of the run's own those that are there; one where an earlier scaling was cut short.
 */
export async function replicasToRestore({ kube, ledger }: Proprietor, deployment: DeploymentRef): Promise<number> {
  const loan = await ledger.loanOf({ apiVersion: 'apps/v1', kind: 'Deployment', ...deployment });
  const { spec: lent } = (loan?.was ?? {}) as { spec?: { replicas?: number } };
  if (lent?.replicas !== undefined) return lent.replicas;
  const { spec } = await kube.apps.readNamespacedDeployment(deployment);
  return Math.max(1, spec?.replicas ?? 1);
}

async function changeSpec(owner: Proprietor, { namespace, name }: DeploymentRef, spec: object) {
  const patch = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, spec };
  return await change(owner, patch);
}
