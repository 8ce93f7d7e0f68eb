import type { Lab } from '../mesh/lab.ts';
import type { RemedyName } from '../../observations/remedies.ts';
import { certManager } from './cert-manager.ts';
import { manualTls } from './manual-tls.ts';
import { cacertsIn, manual } from './manual.ts';
import type { Remedy } from './remedy.ts';
import { restartApart } from './restart.ts';

/** Every remedy; each stands in a file of its own. */
export const REMEDIES: { readonly [Name in RemedyName]: Remedy & { readonly name: Name } } = {
  manual,
  'manual-tls': manualTls,
  'cert-manager': certManager,
};

/** Whether a plane has a plugged-in CA; what istiod keeps of its own under that name is none. */
export const hasRemedy = async (lab: Lab): Promise<boolean> => (await cacertsIn(lab)).pluggedIn.length > 0;

/** Takes a remedy away, half a one too, and waits until each plane is its own CA again. */
export async function revert(lab: Lab, { takeAway }: Remedy): Promise<void> {
  await takeAway(lab);
  await restartApart(lab);
}

/** Reverts whichever remedies are in place. A controller that would put a deleted `cacerts` back goes first. */
export async function revertAny(lab: Lab): Promise<void> {
  const isKept = ({ secret }: Remedy) => secret.keeper !== undefined;
  for (const remedy of Object.values<Remedy>(REMEDIES).toSorted((a, b) => Number(isKept(b)) - Number(isKept(a)))) {
    if (await remedy.mayBeIn(lab)) await remedy.takeAway(lab);
  }
  await restartApart(lab);
}
