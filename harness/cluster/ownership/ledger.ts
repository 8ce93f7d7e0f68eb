import { PatchStrategy } from '@kubernetes/client-node';
import { environmentFailure } from '../../common/errors.ts';
import type { Kube } from '../kube/client.ts';
import { identityOf, type InventoryObject } from '../kube/inventory.ts';
import { RUN_LABEL } from './label.ts';
import {
  type ClusterRecord,
  entriesAsData,
  type Entry,
  type Loan,
  loanAsData,
  type Named,
  readRecord,
  recordReference,
} from './record.ts';

/** Keeps what a run has made in a cluster, and what of somebody's it has changed: what it may remove, and gives back. */
export interface Ledger {
  /** Before objects are asked for: from then on, one of that name with the run's label is the run's. */
  intend(objects: readonly Named[]): Promise<void>;
  /** Once the API has said which they are. */
  made(entries: readonly (Entry & { uid: string })[]): Promise<void>;
  /** Whether the run has made this very object. */
  owns(
    object: Pick<InventoryObject, 'apiVersion' | 'kind' | 'namespace' | 'name' | 'uid' | 'labels'>,
  ): Promise<boolean>;
  /** What was lent of an object of somebody's. */
  loanOf(object: Named): Promise<Loan | undefined>;
  /** Before something of somebody's is changed; fields that have been lent before keep what they were then. */
  lend(loan: Loan): Promise<void>;
}

/** In a cluster that was made for the run everything with its label is its own, and nobody else is there to lend. */
export const ledgerOfOwn = (runId: string): Ledger => ({
  intend: () => Promise.resolve(),
  made: () => Promise.resolve(),
  owns: ({ labels }) => Promise.resolve(labels[RUN_LABEL] === runId),
  loanOf: () => Promise.resolve(undefined),
  lend: () => Promise.resolve(),
});

/**
 * In a cluster of somebody's the ledger is kept there, beside the lock ({@link recordReference}): it outlives whoever
 * writes it, on whatever machine.
 */
export function ledgerInCluster(kube: Kube, runId: string): Ledger {
  const read = async (): Promise<ClusterRecord> => {
    const record = await readRecord(kube);
    if (record?.tenant.runId === runId) return record;
    throw environmentFailure(`The record of run ${runId} is gone from ${kube.server}.`, {
      next: 'Somebody has removed it, and with it what tells this run’s objects from others: nothing more is changed there.',
    });
  };
  /** What this process has made; what others have is looked up. */
  const own = new Map<string, string>();
  const write = async (data: Record<string, string>): Promise<void> => {
    if (Object.keys(data).length === 0) return;
    const patch = { ...recordReference, data };
    await kube.objects.send(patch, PatchStrategy.MergePatch);
  };
  return {
    intend: async (objects) => write(entriesAsData(objects)),
    made: async (entries) => {
      await write(entriesAsData(entries));
      for (const entry of entries) own.set(identityOf(entry), entry.uid);
    },
    owns: async (object) => {
      if (object.labels[RUN_LABEL] !== runId) return false;
      return own.get(identityOf(object)) === object.uid || isMade(await read(), object);
    },
    loanOf: async (object) => (await read()).lent.get(identityOf(object)),
    lend: async (loan) => {
      const earlier = (await read()).lent.get(identityOf(loan));
      const was = earlier?.uid === loan.uid ? overlaid(loan.was, earlier.was) : loan.was;
      await write(loanAsData({ ...loan, was }));
    },
  };
}

/** The run's label, and the UID that was recorded; none is recorded where a run died before the API had told it. */
export function isMade(
  { tenant, made }: ClusterRecord,
  object: Pick<InventoryObject, 'apiVersion' | 'kind' | 'namespace' | 'name' | 'uid' | 'labels'>,
): boolean {
  const entry = made.get(identityOf(object));
  if (entry === undefined || object.labels[RUN_LABEL] !== tenant.runId) return false;
  return entry.uid === undefined || entry.uid === object.uid;
}

/** `over` on top of `base`, objects into objects. */
function overlaid(base: object, over: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over) as [string, unknown][]) {
    const before = result[key];
    result[key] = isRecord(before) && isRecord(value) ? overlaid(before, value) : value;
  }
  return result;
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
