import { test } from 'vitest';
import { deadline, scaleDeadlines } from '../deadlines.ts';
import { EvidenceRecorder } from '../evidence/recorder.ts';
import { Redactor } from '../evidence/redact.ts';
import { apiMessage } from '../kube/client.ts';
import { attachLab, type Lab } from '../mesh/lab.ts';
import { appendEvent, type RunEvent } from '../report/events.ts';
import { ENVIRONMENT } from './environment.ts';

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
const selected = new Set(required(ENVIRONMENT.claims).split(','));
scaleDeadlines(Number(process.env[ENVIRONMENT.scale] ?? 1));

const redactor = new Redactor();
const recorder = new EvidenceRecorder(out, redactor);

export const lab = attachLab(required(ENVIRONMENT.lab));

/** Private keys that this worker makes: known to the redactor before anything else sees them. */
export const keepSecret = (secret: string) => redactor.know(secret);

/** Hands an event to the process that writes the report. */
export const report = (event: RunEvent) => appendEvent(events, event, redactor);

let requests = 0;

/**
 * States a claim: its sentence stands under the same id in the group's YAML file. The body throws a sentence when the
 * claim does not hold. Its verdict and evidence are handed over as soon as they are there, so that a later crash
 * loses nothing.
 */
export function claim(id: string, body: (context: ClaimContext) => Promise<void>): void {
  if (!selected.has(id)) return;
  test(id, { timeout: deadline('claimGroup') }, async () => {
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
      await body(context);
      verdict('passed');
    } catch (error) {
      verdict('failed', apiMessage(error));
      throw error;
    }
  });
}

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
