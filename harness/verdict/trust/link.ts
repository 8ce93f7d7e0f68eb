import { X509Certificate } from 'node:crypto';
import { type Certificate, certificateName } from '../../observations/certificate.ts';
import type { ChainFault } from './fault.ts';

/**
 * What a candidate whose subject is the child's issuer really is to the child: its issuer, or one of three kinds of
 * not. Only signature and key identifiers are looked at.
 */
export type Link = 'issued' | 'bad-signature' | 'same-subject-other-key' | 'authority-key-mismatch';

/** Judges one link of a chain (RFC 5280 sections 6.1.3 (a)(1) and 4.2.1.1). */
export function linkBetween(child: Certificate, candidate: Certificate): Link {
  const identifier = keyIdentifiersFit(child, candidate);
  if (signatureHolds(child, candidate)) return identifier === 'different' ? 'authority-key-mismatch' : 'issued';
  // Without an identifier to tell a damaged signature from another key, the second is what happens in practice.
  return identifier === 'same' ? 'bad-signature' : 'same-subject-other-key';
}

/** The fault of a child none of whose candidates issued it; the link that came nearest decides. */
export function linkFault(
  child: Certificate,
  candidates: readonly { candidate: Certificate; link: Link }[],
): ChainFault {
  for (const code of ['authority-key-mismatch', 'bad-signature', 'same-subject-other-key'] as const) {
    const found = candidates.find(({ link }) => link === code);
    if (found === undefined) continue;
    return { code, certificate: child, sentence: SENTENCES[code](certificateName(child), found.candidate) };
  }
  const sentence = isSelfIssued(child)
    ? `the chain ends at ${certificateName(child)}, which is not among the trusted roots`
    : `the issuer of ${certificateName(child)}, "${child.issuer}", was not presented and is not among the trusted roots`;
  return { code: 'unknown-issuer', certificate: child, sentence };
}

/** Subject and issuer are the same name (RFC 5280 section 6.1): a root, or a CA that changed its key. */
export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.canonicalSubject === certificate.canonicalIssuer;
}

const SENTENCES: Record<Exclude<Link, 'issued'>, (child: string, candidate: Certificate) => string> = {
  'authority-key-mismatch': (child, candidate) =>
    `${child} was signed by ${certificateName(candidate)}, but its authority key identifier points to another certificate`,
  'bad-signature': (child, candidate) =>
    `the signature on ${child} does not verify with the key of ${certificateName(candidate)}`,
  'same-subject-other-key': (child, candidate) =>
    `${child} was signed by another key than that of ${certificateName(candidate)} at hand ` +
    `(certificate ${candidate.fingerprint.slice(0, 16)}), though that has its issuer's name`,
};

/** What key identifiers say of a link: by key, by serial number, by the issuer's issuer (section 4.2.1.1). */
export function keyIdentifiersFit(
  child: Pick<Certificate, 'authorityKeyIdentifier'>,
  candidate: Certificate,
): 'same' | 'different' | 'unstated' {
  const stated = child.authorityKeyIdentifier;
  if (stated === undefined) return 'unstated';
  const issuer = stated.issuers.find(({ form }) => form === 'directory');
  const comparisons = [
    stated.keyId === undefined || candidate.subjectKeyIdentifier === undefined
      ? undefined
      : stated.keyId === candidate.subjectKeyIdentifier,
    stated.serial === undefined ? undefined : stated.serial === candidate.serial,
    issuer === undefined ? undefined : issuer.value === candidate.canonicalIssuer,
  ];
  if (comparisons.includes(false)) return 'different';
  return comparisons.includes(true) ? 'same' : 'unstated';
}

function signatureHolds(child: Certificate, issuer: Certificate): boolean {
  if (!child.signatureAlgorithmsAgree) return false;
  try {
    return new X509Certificate(child.der).verify(new X509Certificate(issuer.der).publicKey);
  } catch {
    // OpenSSL throws for a key it cannot use: no more valid than a wrong one.
    return false;
  }
}
