import { PLANES } from '../mesh/distribution.ts';
import type { Lab } from '../mesh/lab.ts';
import { hasRemedy, revertAny } from '../remedies/revert-any.ts';
import type { Session } from '../session.ts';

/**
 * Has planes that were there before the run be their own CAs again. Without it they would go on, until somebody restarts
 * them, with a CA whose Secret has gone with the lab. Planes of the run's own go with the lab themselves.
 */
export async function giveBackPlanes({ progress }: Session, lab: Lab | undefined): Promise<void> {
  if (lab === undefined || !PLANES.some((plane) => lab.istio[plane].installer.kind === 'preinstalled')) return;
  if (await hasRemedy(lab)) await progress.phase('Give the planes their own CAs back', () => revertAny(lab));
}
