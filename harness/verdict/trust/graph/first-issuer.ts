import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import type { ChainFault, Purpose } from '../chain.ts';
import { isSelfIssued, linkBetween, linkFault } from '../link.ts';
import { pathFaults } from '../path.ts';

interface Question {
  readonly others: readonly Certificate[];
  readonly roots: readonly Certificate[];
  readonly at: Date;
  readonly purpose: Purpose;
}

/** A way up that a TLS stack may go. */
export interface Way {
  /** Leaf first. */
  readonly path: readonly Certificate[];
  /** Empty if it is accepted. */
  readonly faults: readonly ChainFault[];
}

/**
 * The ways a TLS stack may go, which does not search. OpenSSL and BoringSSL, and so Envoy, take an issuer by name and key
 * identifier, trusted ones before presented ones, and never turn back when it proves to be the wrong one. Among trusted
 * ones that fit alike it is the order of their store that decides, which is not that of the bundle in Envoy 1.37 (an
 * expired root beside its renewal may be taken, too), so there is a way for each of them; of presented ones the first is
 * taken. If one of the ways has a fault a handshake may fail, even though verifyChain finds a path.
 */
export function waysUp(
  [leaf, ...others]: readonly Certificate[],
  roots: readonly Certificate[],
  at: Date,
  purpose: Purpose,
): Way[] {
  return leaf === undefined ? [] : follow([], leaf, { others, roots, at, purpose });
}

function follow(below: readonly Certificate[], last: Certificate, question: Question): Way[] {
  const { others, roots, at, purpose } = question;
  const path = [...below, last];
  const dead = (...candidates: Parameters<typeof linkFault>[1]): Way => ({
    path,
    faults: [linkFault(last, candidates)],
  });
  if (roots.some((root) => sameCertificate(root, last))) return [{ path, faults: pathFaults(path, at, purpose) }];
  // It looks self-signed, which a stack concludes from names alone; then it looks for no issuer.
  if (isSelfIssued(last) && mayHaveIssued(last, last)) return [dead()];
  const fitting = (candidates: readonly Certificate[]) =>
    candidates.filter((one) => mayHaveIssued(one, last) && !path.some((passed) => sameCertificate(passed, one)));
  const anchors = fitting(roots);
  const issuers = anchors.length > 0 ? anchors : fitting(others).slice(0, 1);
  if (issuers.length === 0) return [dead()];
  return issuers.flatMap((candidate) => {
    const link = linkBetween(last, candidate);
    return link === 'issued' ? follow(path, candidate, question) : [dead({ candidate, link })];
  });
}

/** By name and key identifiers, all that a stack looks at before it decides (RFC 5280 section 4.2.1.1). */
function mayHaveIssued(candidate: Certificate, child: Certificate): boolean {
  const { keyId, serial } = child.authorityKeyIdentifier ?? {};
  const { canonicalSubject, subjectKeyIdentifier } = candidate;
  if (canonicalSubject !== child.canonicalIssuer) return false;
  const sameKey = keyId === undefined || subjectKeyIdentifier === undefined || keyId === subjectKeyIdentifier;
  return sameKey && (serial === undefined || serial === candidate.serial);
}
