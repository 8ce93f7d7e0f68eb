import type { Certificate } from '../../../observations/certificate.ts';
import type { RevocationList } from '../../../observations/revocation-list.ts';
import type { ChainFault } from '../fault.ts';

/** What a chain is shown for: it is a server's or a client's in TLS. */
export type Purpose = 'serverAuth' | 'clientAuth';

export type ChainVerdict =
  | { readonly trusted: true; /** Leaf to root. */ readonly path: readonly Certificate[] }
  | {
      readonly trusted: false;
      /** Never empty; a broken link comes first. */
      readonly faults: readonly ChainFault[];
      /** The path that came nearest, as far as it went. */
      readonly path: readonly Certificate[];
    };

/** A chain that is shown to somebody. */
export interface Question {
  readonly leaf: Certificate;
  /** What comes with it, in the order in which it comes. */
  readonly others: readonly Certificate[];
  /** In the order of the bundle; each is a trust anchor, self-signed or not. */
  readonly roots: readonly Certificate[];
  readonly at: Date;
  /** Undefined: whatever for. */
  readonly purpose: Purpose | undefined;
  /** Lists to look for revocation in; undefined: it is not looked for. */
  readonly lists: readonly RevocationList[] | undefined;
}

/**
 * A program that verifies chains, by its own rules. They differ: what one refuses the other may take. Real programs hold
 * each of them in `npm test` (harness/selftest/readers.oracle.test.ts).
 */
export interface Reader {
  /** As a sentence calls it. */
  readonly name: 'Envoy' | 'Go';
  readonly verify: (question: Question) => ChainVerdict;
  /**
   * What it would find wrong about these CAs in any chain below them; the issuing one comes first, the trusted one last.
   */
  readonly asIssuers: (path: readonly Certificate[]) => ChainFault[];
}
