import { defined } from '../common/defined.ts';
import { readAccess, readListing } from '../cluster/access.ts';
import { type ExistingCluster, openExisting } from '../cluster/existing.ts';
import { environmentFailure, EXIT, Failure, usageFailure } from '../common/errors.ts';
import { isGuest } from '../run/guest.ts';
import type { Kube } from '../cluster/kube/client.ts';
import { found } from '../cluster/kube/failure.ts';
import { RUN_LABEL } from '../cluster/ownership/label.ts';
import { removeFromCluster } from '../cluster/ownership/remove-from-cluster.ts';
import { type Holder, holderOf, identityOfCluster } from '../cluster/ownership/lock.ts';
import { homeNamespace } from '../cluster/ownership/record.ts';
import { deadline } from '../common/deadlines.ts';
import { removeRun, Session } from '../run/session.ts';
import { endProcesses, processesOf } from '../cluster/state/orphans.ts';
import { describeOwner, fateOf } from '../cluster/state/owner.ts';
import { allRuns, forgetRun, isOrphan, type RunRecord } from '../cluster/state/runs.ts';
import { print } from '../common/terminal.ts';

/** What the command line says of `down`. */
export interface DownFlags {
  cluster?: 'k3d' | 'kubeconfig';
  kubeconfig?: string;
  context?: string;
  server?: string;
  forget?: true;
}

/** `meshtrust down`: removes kept labs, all or the one named, and what dead runs have left. */
export async function downCommand(id: string | undefined, flags: DownFlags = {}): Promise<number> {
  if (flags.cluster === 'kubeconfig') return await downInCluster(id, flags);
  if (flags.context !== undefined || flags.kubeconfig !== undefined || flags.server !== undefined) {
    throw usageFailure('--kubeconfig, --context and --server name a cluster that was there before the lab.', {
      next: 'Add --cluster kubeconfig, or leave them out to go by what is on record on this machine.',
    });
  }
  const doomed = chosen(id);
  if (doomed.length === 0) {
    print(process.stdout, 'There is no lab.');
    return EXIT.conformant;
  }
  if (flags.forget === true) return forget(id, doomed);
  await using session = new Session();
  if (!doomed.every(isGuest)) await session.engine();
  const failed: { id: string; failure: Failure }[] = [];
  for (const run of doomed) {
    try {
      const leaving = await session.progress.phase(`Remove the lab ${run.id}`, () => removeRun(run.id));
      for (const sentence of leaving?.kept ?? []) session.progress.note(sentence);
    } catch (error) {
      // One that cannot be reached must not keep the others.
      if (!(error instanceof Failure)) throw error;
      failed.push({ id: run.id, failure: error });
    }
  }
  if (failed.length > 0) throw notRemoved(failed);
  return EXIT.conformant;
}

/** The runs that are meant: by their id, or all of this machine that nobody works on. */
function chosen(id: string | undefined): RunRecord[] {
  const idle = allRuns().filter((run) => run.kept || fateOf(run.owner) !== 'alive');
  if (id !== undefined) {
    const run = idle.find((one) => one.id === id);
    if (run !== undefined) return [run];
    throw usageFailure(`There is no lab ${id}.`, {
      next: `There are: ${idle.map((one) => one.id).join(', ') || 'none'}. One in a cluster of yours needs no record here: down --cluster kubeconfig --context NAME`,
    });
  }
  const elsewhere = idle.filter(({ owner }) => fateOf(owner) === 'unknown');
  for (const run of elsewhere) {
    print(
      process.stderr,
      `The lab ${run.id} is left alone: it belongs to ${describeOwner(run.owner)}. Remove it there, or name it.`,
    );
  }
  return idle.filter((run) => !elsewhere.includes(run) && (run.kept || isOrphan(run)));
}

function forget(id: string | undefined, doomed: readonly RunRecord[]): number {
  if (id === undefined) throw usageFailure('--forget needs the id of a lab: what it has made stays where it is.');
  for (const run of doomed) {
    forgetRun(run.id);
    print(process.stdout, `The lab ${run.id} is forgotten here; what it has made was not touched.`);
  }
  return EXIT.conformant;
}

function notRemoved(failed: readonly { id: string; failure: Failure }[]): Failure {
  const [first] = failed;
  if (failed.length === 1 && first !== undefined) return withForget(first.id, first.failure);
  return environmentFailure(`${failed.length} labs could not be removed: ${failed.map(({ id }) => id).join(', ')}.`, {
    next: 'See why, below, and run down again; down ID --forget forgets one whose cluster is gone.',
    evidence: failed.map(({ id, failure }) => `${id}: ${failure.reason}`).join('\n'),
  });
}

const withForget = (id: string, failure: Failure): Failure =>
  new Failure(failure.kind, failure.message, {
    next: `If that cluster is gone for good: npm run meshtrust -- down ${id} --forget`,
    cause: failure,
  });

/** Removes the lab that a cluster holds, by what the cluster itself knows of it: no state of this machine is needed. */
async function downInCluster(id: string | undefined, flags: DownFlags): Promise<number> {
  const kube = openExisting(existing(flags));
  kube.as('down');
  const holder = await holderOf(kube);
  if (holder === undefined) {
    await removeEmptyHome(kube);
    await forgetGone(kube);
    print(process.stdout, `The cluster ${kube.server} holds no lab.`);
    return EXIT.conformant;
  }
  assertIdle(kube, holder, id);
  // Children of a run that was killed on this machine may still be at work on its lab.
  endProcesses(processesOf(new Set([holder.runId])));
  await using session = new Session();
  const leaving = await session.progress.phase(`Remove the lab ${holder.runId}`, () =>
    removeFromCluster(kube, holder.runId),
  );
  for (const sentence of leaving.kept) session.progress.note(sentence);
  if (allRuns().some((run) => run.id === holder.runId)) forgetRun(holder.runId);
  await forgetGone(kube);
  return EXIT.conformant;
}

/** A run that was killed before it had the lock, or after it had given it back, has left no more than its namespace. */
async function removeEmptyHome(kube: Kube): Promise<void> {
  const { metadata } = (await found(kube.objects.look(homeNamespace))) ?? {};
  const runId = metadata?.labels?.[RUN_LABEL];
  const age = Date.now() - new Date(metadata?.creationTimestamp ?? 0).getTime();
  // One that is just about to lock needs it still.
  if (runId !== undefined && age > deadline('leaseDuration')) await removeFromCluster(kube, runId);
}

/**
 * Takes runs off this machine's record that are dead and whose lab this cluster holds no more: one that was killed when
 * it had removed all but that record. Fails where something of theirs is still there.
 */
async function forgetGone(kube: Kube): Promise<void> {
  const cluster = await identityOfCluster(kube);
  const guests = allRuns().filter((run) => (run.kept || isOrphan(run)) && readAccess(run.id)?.guestOf === cluster);
  for (const { id } of guests) {
    await removeFromCluster(kube, id, readListing(id));
    forgetRun(id);
  }
}

function existing({ kubeconfig, context, server }: DownFlags): ExistingCluster {
  return {
    ...defined({ file: kubeconfig, context, server }),
  };
}

/** A lab that somebody works on is not taken away beneath them. */
function assertIdle(kube: Kube, { runId, owner, silence }: Holder, id: string | undefined): void {
  if (id !== undefined && id !== runId) {
    throw usageFailure(`The cluster ${kube.server} holds the lab ${runId}, not ${id}.`);
  }
  const isKept = allRuns().some((run) => run.id === runId && run.kept);
  const isDead = owner !== undefined && fateOf(owner) === 'dead';
  if (isKept || isDead || silence * 1000 > deadline('leaseDuration')) return;
  const who = owner === undefined ? '' : ` (${describeOwner(owner)})`;
  throw environmentFailure(`Run ${runId} is at work on its lab${who}: it was heard of ${silence.toFixed(0)} s ago.`, {
    next: 'End it first; if it was killed, wait a minute and try again.',
  });
}
