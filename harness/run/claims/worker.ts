import { EvidenceRecorder } from '../../verdict/evidence/recorder.ts';
import { Redactor } from '../../common/redact/redact.ts';
import { attachLab, type Lab } from '../../lab/mesh/lab.ts';
import { OwnedFolder } from '../../cluster/ownership/report-folder.ts';
import { appendEvent, type RunEvent } from '../../verdict/report/events.ts';
import { rememberSecret } from '../../cluster/state/runs.ts';
import { ENVIRONMENT } from './environment.ts';

/** What the claims of one file share: their process's hold on the lab. */
export interface Worker {
  lab: Lab;
  recorder: EvidenceRecorder;
  /**
   * Takes private keys that this worker makes: known to the redactor before anything else sees them, and handed to the
   * main process (in the run's private folder, gone with it) for its last search of the report.
   */
  keepSecret: (secret: string) => void;
  /** Hands an event to the process that writes the report. */
  report: (event: RunEvent) => void;
  /** What is to be undone after the last claim of the file. */
  atEnd: AsyncDisposableStack;
}

/** Attaches to the lab that the main process names. Throws where none is named. */
export function openWorker(): Worker {
  const redactor = new Redactor();
  const events = required(ENVIRONMENT.events);
  const lab = attachLab(required(ENVIRONMENT.lab));
  redactor.know(lab.probeToken);
  return {
    lab,
    recorder: new EvidenceRecorder(OwnedFolder.attach(required(ENVIRONMENT.out)), redactor),
    keepSecret: (secret) => {
      redactor.know(secret);
      rememberSecret(lab.runId, secret);
    },
    report: (event) => appendEvent(events, event, redactor),
    atEnd: new AsyncDisposableStack(),
  };
}

/** A variable that the main process has set. Throws where it has not. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: claims are run by \`npm run conformance\`.`);
  return value;
}
