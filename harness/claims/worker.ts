import { test } from 'vitest';
import { deadline, scaleDeadlines } from '../deadlines.ts';
import { messageOf } from '../errors.ts';
import { EvidenceRecorder } from '../evidence/recorder.ts';
import { Redactor } from '../evidence/redact.ts';
import { ApiFailure } from '../kube/failure.ts';
import { attachLab, type Lab } from '../mesh/lab.ts';
import { appendEvent, type RunEvent } from '../report/events.ts';
import { WaitFailure } from '../retry.ts';
import { OwnedFolder } from '../ownership/report-folder.ts';
import { rememberSecret } from '../state/runs.ts';
import { allClaims } from './catalog.ts';
import { ENVIRONMENT } from './environment.ts';
import { inTime, OverrunError } from './in-time.ts';

/** What a claim works with. */
export interface ClaimContext {
  lab: Lab;
  /** Keeps what was observed; an object is written as YAML. */
  evidence: (name: string, content: string | object) => Promise<void>;
  /** User agent for this claim's requests: names the claim, and is different each time. */
  agent: () => string;
}

const out = required(ENVIRONMENT.out);
const events = required(ENVIRONMENT.events);
const stated = new Set(allClaims().map(({ id }) => id));
const selected = new Set(required(ENVIRONMENT.claims).split(','));
scaleDeadlines(Number(process.env[ENVIRONMENT.scale] ?? 1));

const redactor = new Redactor();
const recorder = new EvidenceRecorder(OwnedFolder.attach(out), redactor);

export const lab = attachLab(required(ENVIRONMENT.lab));
redactor.know(lab.probeToken);

/**
 * Private keys that this worker makes: known to the redactor before anything else sees them, and handed to the main
 * process (in the run's private folder, gone with it) for its last search of the report.
 */
export const keepSecret = (secret: string): void => {
  redactor.know(secret);
  rememberSecret(lab.runId, secret);
};

/** Hands an event to the process that writes the report. */
export const report = (event: RunEvent) => appendEvent(events, event, redactor);

let requests = 0;
/** The claim that could not be stopped. */
let overrun: string | undefined;

/**
 * States a claim: its sentence stands under the same id in the group's YAML file. The body throws a sentence when the
 * claim does not hold. Its verdict and evidence are handed over as soon as they are there, so that a later crash
 * loses nothing. Throws for an id that no clause has: it would never be selected.
 */
export function claim(id: string, body: (context: ClaimContext) => Promise<void>): void {
  if (!stated.has(id)) throw new Error(`No clause states ${id}: its sentence belongs into a YAML file of suites/.`);
  if (!selected.has(id)) return;
  // Twice: the verdict on a claim that takes too long is ours to give, before vitest gives up on it.
  test(id, { timeout: 2 * deadline('claimGroup') }, async () => {
    const started = Date.now();
    const files: string[] = [];
    const context: ClaimContext = {
      lab,
      evidence: async (name, content) => {
        files.push(await recorder.write(id, name, content));
      },
      agent: () => `meshtrust/${id}/${process.pid}-${++requests}`,
    };
    lab.kube.as(id);
    const verdict = (status: 'passed' | 'failed', reason?: string) =>
      report({
        type: 'claim',
        id,
        status,
        durationMs: Date.now() - started,
        evidence: files,
        ...(reason === undefined ? {} : { reason }),
      });
    try {
      if (overrun !== undefined) throw new Error(`${overrun} could not be stopped, and may still be changing the lab`);
      await inTime(() => body(context));
      verdict('passed');
    } catch (error) {
      if (error instanceof OverrunError) overrun = id;
      verdict('failed', reasonOf(error));
      throw error;
    }
  });
}

/** What a claim says of itself; what a user does about a cluster that does not answer is for the run to say. */
const reasonOf = (error: unknown): string =>
  error instanceof WaitFailure || error instanceof ApiFailure ? error.reason : messageOf(error);

/** A scenario that several claims share: brought about once, by the first that asks; its failure is everybody's. */
export function scenario<T>(bringAbout: () => Promise<T>): () => Promise<T> {
  let once: Promise<T> | undefined;
  return () => (once ??= bringAbout());
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: claims are run by \`npm run conformance\`.`);
  return value;
}
