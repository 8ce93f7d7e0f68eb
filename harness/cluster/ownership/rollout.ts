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

/** The replicas that a deployment had before a run has changed them; those of the run's own are one. */
export async function formerReplicas({ ledger }: Proprietor, { namespace, name }: DeploymentRef): Promise<number> {
  const loan = await ledger.loanOf({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name });
  const { spec } = (loan?.was ?? {}) as { spec?: { replicas?: number } };
  return spec?.replicas ?? 1;
}

async function changeSpec(owner: Proprietor, { namespace, name }: DeploymentRef, spec: object) {
  const patch = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, spec };
  return await change(owner, patch);
}
