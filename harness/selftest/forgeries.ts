import { PAGES } from './recorded/bookinfo.ts';
import { CERT_MANAGER } from './recorded/cert-manager.ts';
import { CERTIFICATES } from './recorded/certificates.ts';
import type { Forgery } from './recorded/forgery.ts';
import { type Recording, redClaims } from './recorded/recording.ts';
import { ROOT_MAPS } from './recorded/root-maps.ts';
import { SPLIT } from './recorded/split.ts';
import { UNAUTHORIZED_CLIENTS } from './recorded/unauthorized-clients.ts';
import type { Trial } from './trial.ts';

/**
 * Ways to break what was observed, one thing at a time, without a lab: what a lab cannot easily be made to show can be
 * forged here, and all of it takes seconds. The first is the control.
 */
export const FORGERIES: readonly Forgery[] = [
  { name: 'nothing-forged', breaks: 'nothing: the recording as it is', red: [], forge: () => undefined },
  ...SPLIT,
  ...ROOT_MAPS,
  ...PAGES,
  ...CERTIFICATES,
  ...UNAUTHORIZED_CLIENTS,
  ...CERT_MANAGER,
];

/** Judges all claims of the recording once it is forged. */
export async function tryForgery({ name, red, forge }: Forgery, recording: Recording): Promise<Trial> {
  const copy = { ...recording };
  await forge(copy);
  return { name, expected: red, got: await redClaims(copy) };
}
