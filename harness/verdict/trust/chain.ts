import {
  type Certificate,
  CertificateError,
  certificateName,
  sameCertificate,
} from '../../observations/certificate.ts';
import type { ChainFault } from './fault.ts';
import { type Link, linkBetween, linkFault } from './link.ts';
import { pathFaults, type Purpose } from './path.ts';

export type { ChainFault, FaultCode } from './fault.ts';
export type { Purpose } from './path.ts';

export type ChainVerdict =
  | { readonly trusted: true; /** Leaf to root. */ readonly path: readonly Certificate[] }
  | {
      readonly trusted: false;
      /** Never empty; a broken link comes first. */
      readonly faults: readonly ChainFault[];
      /** The path that came nearest, as far as it went. */
      readonly path: readonly Certificate[];
    };

export interface VerifyOptions {
  /** The instant to judge validity by; now unless given. */
  readonly at?: Date;
  /** Checks key usages for one end of a TLS handshake; left out, as OpenSSL does without a purpose. */
  readonly purpose?: Purpose;
}

/**
 * Builds a path from the leaf, `presented[0]`, to one of `roots` and judges it link by link (RFC 5280 section 6). The
 * other presented certificates may come in any order and be of no use. Of several paths one that holds is enough.
 *
 * Each root is a trust anchor, self-signed or not, and its own signature is not looked at: Envoy's default validator
 * sets X509_V_FLAG_PARTIAL_CHAIN likewise (envoyproxy/envoy#22350). Revocation and policies are not considered.
 * @throws CertificateError if nothing was presented.
 */
export function verifyChain(
  presented: readonly Certificate[],
  roots: readonly Certificate[],
  options: VerifyOptions = {},
): ChainVerdict {
  const [leaf, ...intermediates] = presented;
  if (leaf === undefined) throw new CertificateError('no certificate was presented, so there is no chain to verify');
  const at = options.at ?? new Date();

  let nearest: Failed | undefined;
  for (const { path, dead } of paths([], leaf, [...roots, ...intermediates], roots)) {
    const faults = [...(dead === undefined ? [] : [dead]), ...pathFaults(path, at, options.purpose)];
    if (faults.length === 0) return { trusted: true, path };
    const failed = { path, faults, reachedRoot: dead === undefined };
    if (nearest === undefined || isNearer(failed, nearest)) nearest = failed;
  }
  return { trusted: false, faults: nearest?.faults ?? [], path: nearest?.path ?? [] };
}

/** A verdict as one sentence without a full stop. */
export function verdictSentence(verdict: ChainVerdict): string {
  if (verdict.trusted) return `trusted: ${verdict.path.map(certificateName).join(' issued by ')}`;
  return `not trusted: ${verdict.faults.map(({ sentence }) => sentence).join('; ')}`;
}

interface Attempt {
  readonly path: readonly Certificate[];
  /** Why the path goes no further; undefined if it ends at a root. */
  readonly dead: ChainFault | undefined;
}

interface Failed {
  readonly path: readonly Certificate[];
  readonly faults: readonly ChainFault[];
  readonly reachedRoot: boolean;
}

/** Every way up from `last`, depth first, those through the roots before those through what was presented. */
function* paths(
  below: readonly Certificate[],
  last: Certificate,
  candidates: readonly Certificate[],
  roots: readonly Certificate[],
): Generator<Attempt> {
  const path = [...below, last];
  if (roots.some((root) => sameCertificate(root, last))) {
    yield { path, dead: undefined };
    return;
  }
  const tried: { candidate: Certificate; link: Link }[] = [];
  for (const candidate of candidates) {
    if (candidate.canonicalSubject !== last.canonicalIssuer || path.some((one) => isSameEntity(one, candidate)))
      continue;
    const link = linkBetween(last, candidate);
    tried.push({ candidate, link });
    if (link === 'issued') yield* paths(path, candidate, candidates, roots);
  }
  if (!tried.some(({ link }) => link === 'issued')) yield { path, dead: linkFault(last, tried) };
}

/** One name with one key is passed through only once, else certificates that sign each other make endless paths. */
function isSameEntity(a: Certificate, b: Certificate): boolean {
  return a.keyFingerprint === b.keyFingerprint && a.canonicalSubject === b.canonicalSubject;
}

function isNearer(one: Failed, other: Failed): boolean {
  if (one.reachedRoot !== other.reachedRoot) return one.reachedRoot;
  return one.reachedRoot ? one.faults.length < other.faults.length : one.path.length > other.path.length;
}
