import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectKube, type Kube } from '../kube/client.ts';
import type { Inventory } from '../kube/inventory.ts';
import { workFolder } from '../state/runs.ts';

/** How the cluster of a run is reached, and what was in it if it is somebody else's. No secret is in it. */
export interface ClusterAccess {
  /** Path of the kubeconfig; undefined for the one that kubectl would take. */
  kubeconfig?: string;
  /** The current context unless given. */
  context?: string;
  /** Of a cluster that was there before the run: what was in it then. */
  before?: Inventory;
}

const file = (runId: string) => join(workFolder(runId), 'cluster.json');

export const saveAccess = (runId: string, access: ClusterAccess): void =>
  writeFileSync(file(runId), JSON.stringify(access), { mode: 0o600 });

/** Undefined for a run that has no cluster, or none yet. */
export const readAccess = (runId: string): ClusterAccess | undefined =>
  existsSync(file(runId)) ? (JSON.parse(readFileSync(file(runId), 'utf8')) as ClusterAccess) : undefined;

export const connect = ({ kubeconfig, context }: Pick<ClusterAccess, 'kubeconfig' | 'context'>): Kube =>
  connectKube(kubeconfig, context === undefined ? {} : { context });
