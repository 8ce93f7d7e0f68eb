import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../common/defined.ts';
import { connectKube, type Kube } from './kube/client.ts';
import type { Inventory } from './kube/inventory.ts';
import { workFolder } from './state/runs.ts';
import { placeFile } from './ownership/files.ts';

/** How the cluster of a run is reached. No secret is in it. */
export interface ClusterAccess {
  /** Absolute path of the kubeconfig; undefined for the one that kubectl would take. */
  kubeconfig?: string;
  /** The current context unless given. */
  context?: string;
  /** Of a cluster that was there before the run: which one it is, by the UID of its namespace kube-system. */
  guestOf?: string;
}

const file = (runId: string) => join(workFolder(runId), 'cluster.json');
const listing = (runId: string) => join(workFolder(runId), 'before.json');

/** `before` is what was in a cluster that was there before the run. */
export function saveAccess(runId: string, access: ClusterAccess, before?: Inventory): void {
  // Whole or not at all: a later command would stumble over what is cut off half way.
  if (before !== undefined) placeFile(listing(runId), JSON.stringify(before), 0o600);
  placeFile(file(runId), JSON.stringify(access), 0o600);
}

/** Undefined for a run that has no cluster, or none yet. */
export const readAccess = (runId: string): ClusterAccess | undefined =>
  existsSync(file(runId)) ? (JSON.parse(readFileSync(file(runId), 'utf8')) as ClusterAccess) : undefined;

/** What was there before a run in somebody's cluster. */
export const readListing = (runId: string): Inventory | undefined =>
  existsSync(listing(runId)) ? (JSON.parse(readFileSync(listing(runId), 'utf8')) as Inventory) : undefined;

export const connect = ({ kubeconfig, context }: Pick<ClusterAccess, 'kubeconfig' | 'context'>): Kube =>
  connectKube(kubeconfig, defined({ context }));
