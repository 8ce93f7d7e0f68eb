import { ENVIRONMENT } from '../../harness/run/claims/environment.ts';
import type { LabContext } from '../../harness/run/claims/claim.ts';
import { type SabotagedGroup, sabotage } from '../../harness/selftest/sabotages.ts';

/**
 * Commits the sabotage of which this run is the self-test, if it is one for the claims of this group; undone after the last
 * claim of the file.
 */
export async function sabotaged({ lab, atEnd, keepSecret }: LabContext, group: SabotagedGroup): Promise<void> {
  const name = process.env[ENVIRONMENT.sabotage];
  if (name !== undefined) await sabotage(name, group, { lab, undo: atEnd, keepSecret });
}
