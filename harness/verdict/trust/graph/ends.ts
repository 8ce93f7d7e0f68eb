import type { Certificate } from '../../../observations/certificate.ts';
import { called, listed } from './words.ts';

/**
 * The earliest end of the CAs above two leaves, RFC 3339; undefined where there are none. Leaves end in a day and are
 * renewed by themselves, CAs and roots by somebody.
 */
export function untilOf(paths: readonly (readonly Certificate[])[]): string | undefined {
  const ends = paths.flatMap((path) => path.slice(1).map(({ notAfter }) => notAfter.getTime()));
  return ends.length === 0 ? undefined : new Date(Math.min(...ends)).toISOString();
}

/** CAs that end before the leaf at the end of their path, a clause; undefined where none does. */
export function earlyEnd(paths: readonly (readonly Certificate[])[]): string | undefined {
  const early = paths.flatMap(([leaf, ...above]) => above.filter(({ notAfter }) => leaf && notAfter < leaf.notAfter));
  if (early.length === 0) return undefined;
  const words = early.map((ca) => `${called(ca)} ends at ${ca.notAfter.toISOString()}`);
  return `${listed(words)}, before the certificates that were issued below it`;
}
