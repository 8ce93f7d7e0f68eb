import { ENVIRONMENT } from '../../harness/run/claims/environment.ts';
import type { LabContext } from '../../harness/run/claims/claim.ts';
import { sabotage } from '../../harness/selftest/sabotages.ts';

/** Commits the sabotage of which this run is the self-test, if it is one; undone after the last claim of the file. */
export async function sabotaged({ lab, atEnd, keepSecret }: LabContext): Promise<void> {
  const name = process.env[ENVIRONMENT.sabotage];
  if (name !== undefined) await sabotage(name, { lab, undo: atEnd, keepSecret });
}
