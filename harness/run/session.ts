import { randomBytes } from 'node:crypto';
import { deleteCluster } from '../cluster/k3d.ts';
import { stopOwnEngine } from '../cluster/engine/daemon.ts';
import { type Engine, ensureEngine } from '../cluster/engine/engine.ts';
import { Failure } from '../common/errors.ts';
import { isGuest, removeAsGuest } from './guest.ts';
import type { Removal } from '../cluster/ownership/compare.ts';
import { Progress } from '../common/progress.ts';
import { RUN_MARKER } from '../common/process.ts';
import { endProcesses, processesOf } from '../cluster/state/orphans.ts';
import {
  allRuns,
  forgetRun,
  isOrphan,
  recordRun,
  type RunRecord,
  saveRun,
  scratchFolder,
} from '../cluster/state/runs.ts';
import { fateOf, type Owner } from '../cluster/state/owner.ts';

/**
 * One command's hold on the machine: everything it starts belongs to a session and goes with it, whatever ends it.
 * What a killed session could not take along, the next one does.
 */
export class Session implements AsyncDisposable {
  readonly id: string;
  readonly progress = new Progress();
  readonly signal: AbortSignal;
  readonly #record: RunRecord;
  readonly #stopListening: () => void;
  readonly #environmentBefore = { [RUN_MARKER]: process.env[RUN_MARKER], TMPDIR: process.env['TMPDIR'] };
  #engine: Engine | undefined;
  readonly #held: AsyncDisposable[] = [];
  #leaving: Promise<Removal | undefined> | undefined;

  constructor(id = newRunId()) {
    this.id = id;
    process.env[RUN_MARKER] = id;
    this.#record = recordRun(id);
    // k3d and others forget their temporary files: here they go with the run.
    process.env['TMPDIR'] = scratchFolder('tmp');
    const { signal, stop } = listenForInterrupts();
    this.signal = signal;
    this.#stopListening = stop;
  }

  /** Finds or starts the engine and removes what dead sessions have left in it. */
  async engine(): Promise<Engine> {
    if (this.#engine === undefined) {
      this.#engine = await ensureEngine(this.progress, this.signal);
      await this.#removeOrphans();
    }
    return this.#engine;
  }

  /** Has something end with the session. */
  hold(resource: AsyncDisposable): void {
    this.#held.push(resource);
  }

  get isKept(): boolean {
    return this.#record.kept;
  }

  /** The lab outlives the session; `meshtrust down` removes it. */
  keep(): void {
    this.#record.kept = true;
    saveRun(this.#record);
  }

  async #removeOrphans(): Promise<void> {
    // What a dead run has left in somebody else's cluster is removed when asked for (`down`), never by the way.
    const orphans = allRuns().filter((run) => isOrphan(run) && !isGuest(run));
    if (orphans.length === 0) return;
    await this.progress.phase('Remove what an earlier run has left', async () => {
      endProcesses(processesOf(new Set(orphans.map(({ id }) => id))));
      for (const { id } of orphans) await removeRun(id);
    });
  }

  /**
   * Removes the lab from a cluster that was there before it, once, and tells how that is left; undefined where there is
   * nothing to leave. Where that fails the run stays on record, so that `down` can try again.
   */
  async leave(): Promise<Removal | undefined> {
    if (this.#record.kept || (this.#leaving === undefined && !isGuest(this))) return undefined;
    // Whatever of this run still works on the lab, a claim for one, must not go on beside its removal.
    endProcesses(processesOf(new Set([this.id])));
    this.#leaving ??= this.progress.phase('Remove the lab from the cluster', () => removeAsGuest(this.id));
    return await this.#leaving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const resource of this.#held.splice(0)) await resource[Symbol.asyncDispose]();
      if (!this.#record.kept) {
        // Children that outlived their abort, a compiler for one, must not outlive the session.
        endProcesses(processesOf(new Set([this.id])));
        // What was kept on purpose is for the report of a run, and for whoever reads the terminal.
        for (const sentence of (await this.leave())?.kept ?? []) this.progress.note(sentence);
        if (this.#engine !== undefined) await deleteCluster(this.id);
        forgetRun(this.id);
      }
      await releaseEngine();
    } finally {
      for (const [name, value] of Object.entries(this.#environmentBefore)) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
      this.#stopListening();
    }
  }
}

/** Removes a run's cluster, or what it has made in somebody else's, and its files: these last, as the record of the rest. */
export async function removeRun(id: string): Promise<Removal | undefined> {
  // Children of a run that was killed may still be at work on its lab.
  endProcesses(processesOf(new Set([id])));
  const leaving = await removeAsGuest(id);
  if (leaving === undefined) await deleteCluster(id);
  forgetRun(id);
  return leaving;
}

/** Stops the engine that we have started, unless somebody still needs it. */
async function releaseEngine(): Promise<void> {
  const isWanted = () => allRuns().some((run) => (run.kept && !isGuest(run)) || isInUse(run.owner));
  if (!isWanted()) await stopOwnEngine(isWanted);
}

/** One elsewhere has an engine of its own. */
const isInUse = (owner: Owner) => fateOf(owner) === 'alive' && owner.pid !== process.pid;

/** Sorts by time, fits k3d's limit of 32 characters for a cluster's name. */
export function newRunId(): string {
  const [date = '', time = ''] = new Date().toISOString().replaceAll(/[-:]/g, '').split(/[T.]/);
  return `${date}-${time}-${randomBytes(2).toString('hex')}`;
}

/**
 * Ctrl-C, a polite kill, a closed terminal or a bootstrap that is gone: each ends the work and starts the clean-up. So
 * does an error that nobody awaits, for instance of a socket: a crash would leave neither a report nor a clean machine.
 */
function listenForInterrupts(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  let asked = 0;
  const interrupt = () => {
    asked += 1;
    if (asked === 1) process.stderr.write('\nInterrupted: cleaning up.\n');
    controller.abort(new Failure('interrupted', 'Interrupted.'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, interrupt);
  process.on('disconnect', interrupt);
  const crash = (error: unknown) => controller.abort(error);
  process.on('uncaughtException', crash);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of signals) process.off(name, interrupt);
      process.off('disconnect', interrupt);
      process.off('uncaughtException', crash);
    },
  };
}
