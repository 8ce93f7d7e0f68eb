import { test } from 'vitest';
import { defined } from '../../common/defined.ts';
import { deadline, scaleDeadlines } from '../../common/deadlines.ts';
import { messageOf } from '../../common/errors.ts';
import { ApiFailure, apiMessage } from '../../cluster/kube/failure.ts';
import { type Fault, FaultsError } from '../../observations/fault.ts';
import { WaitFailure } from '../../common/retry.ts';
import { allClaims } from '../../plan/catalog.ts';
import { ENVIRONMENT } from './environment.ts';
import { inTime, OverrunError } from './in-time.ts';
import { openWorker, required, type Worker } from './worker.ts';

/** What claims that share a scenario have in common. */
export type LabContext = Omit<Worker, 'recorder'>;

/** What a claim works with. */
export interface ClaimContext extends LabContext {
  /** Keeps what was observed; an object is written as YAML. */
  evidence: (name: string, content: string | object) => Promise<void>;
  /** User agent for this claim's requests: names the claim, and is different each time. */
  agent: () => string;
}

/** Thrown by a claim that this lab cannot be asked for, before it changes anything: why, as a sentence. */
export class NotSupported extends Error {}

const stated = new Set(allClaims().map(({ id }) => id));
const selected = new Set(required(ENVIRONMENT.claims).split(','));
scaleDeadlines(Number(process.env[ENVIRONMENT.scale] ?? 1));

let requests = 0;
/** The claim that could not be stopped. */
let overrun: string | undefined;

const onLab = test
  .extend('worker', { scope: 'file' }, ({}, { onCleanup }) => {
    const worker = openWorker();
    onCleanup(async () => {
      await worker.atEnd.disposeAsync().catch((error: unknown) => {
        worker.report({ type: 'note', text: `what was broken could not be undone: ${apiMessage(error)}` });
      });
    });
    return worker;
  })
  .extend('files', (): string[] => [])
  .extend('context', ({ worker: { recorder, ...shared }, files, task }): ClaimContext => {
    const id = task.name;
    return {
      ...shared,
      evidence: async (name, content) => {
        files.push(await recorder.write(id, name, content));
      },
      agent: () => `meshtrust/${id}/${process.pid}-${++requests}`,
    };
  });

/**
 * States a claim: its sentence stands under the same id in the group's YAML file. The body throws a sentence when the
 * claim does not hold. Its verdict and evidence are handed over as soon as they are there, so that a later crash
 * loses nothing. Throws for an id that no clause has: it would never be selected.
 */
export function claim(id: string, body: (context: ClaimContext) => Promise<void>): void {
  if (!stated.has(id)) throw new Error(`No clause states ${id}: its sentence belongs into a YAML file of suites/.`);
  if (!selected.has(id)) return;
  // Twice: the verdict on a claim that takes too long is ours to give, before vitest gives up on it.
  onLab(id, { timeout: 2 * deadline('claimGroup') }, async ({ context, files }) => {
    const started = Date.now();
    context.lab.kube.as(id);
    const verdict = (status: 'passed' | 'failed' | 'notSupported', reason?: string, faults?: readonly Fault[]) =>
      context.report({
        type: 'claim',
        id,
        status,
        durationMs: Date.now() - started,
        evidence: files,
        ...defined({ reason, faults: faults === undefined ? undefined : [...faults] }),
      });
    try {
      if (overrun !== undefined) throw new Error(`${overrun} could not be stopped, and may still be changing the lab`);
      await inTime(() => body(context));
      verdict('passed');
    } catch (error) {
      if (error instanceof NotSupported) {
        verdict('notSupported', error.message);
        return;
      }
      if (error instanceof OverrunError) overrun = id;
      verdict('failed', reasonOf(error), error instanceof FaultsError ? error.faults : undefined);
      throw error;
    }
  });
}

/** What a claim says of itself; what a user does about a cluster that does not answer is for the run to say. */
const reasonOf = (error: unknown): string =>
  error instanceof WaitFailure || error instanceof ApiFailure ? error.reason : messageOf(error);

/** A scenario that several claims share: brought about once, by the first that asks; its failure is everybody's. */
export function scenario<T>(bringAbout: (context: LabContext) => Promise<T>): (context: LabContext) => Promise<T> {
  let once: Promise<T> | undefined;
  return (context) => (once ??= bringAbout(context));
}
