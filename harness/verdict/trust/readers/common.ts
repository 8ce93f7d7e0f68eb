import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import { type ChainFault, faultOfCertificate } from '../fault.ts';
import { isSelfIssued, keyIdentifiersFit } from '../link.ts';

/** At both ends of its validity a certificate is still valid (RFC 5280 section 4.1.2.5). */
export function validityFaults(certificate: Certificate, at: Date): ChainFault[] {
  const { notBefore, notAfter } = certificate;
  const judged = `it was judged at ${at.toISOString()}`;
  if (at > notAfter) {
    return [faultOfCertificate('expired', certificate, `expired at ${notAfter.toISOString()}; ${judged}`)];
  }
  if (at >= notBefore) return [];
  return [
    faultOfCertificate('not-yet-valid', certificate, `is not valid before ${notBefore.toISOString()}; ${judged}`),
  ];
}

export const unhandledFaults = (certificate: Certificate, handled: readonly string[]): ChainFault[] =>
  certificate.criticalExtensions
    .filter((oid) => !handled.includes(oid))
    .map((oid) =>
      faultOfCertificate(
        'unhandled-critical-extension',
        certificate,
        `has the critical extension ${oid}, which its reader does not know`,
      ),
    );

/** Whether a CA may sign certificates, by what it says of itself (RFC 5280 sections 4.2.1.3 and 4.2.1.9). */
export function authorityFaults(authority: Certificate): ChainFault[] {
  const faults: ChainFault[] = [];
  if (!authority.isCa) {
    const says = 'issued a certificate of the chain but is not a CA (basicConstraints)';
    faults.push(faultOfCertificate('not-a-ca', authority, says));
  }
  if (!maySign(authority)) {
    const says = 'may not sign certificates (keyUsage without keyCertSign)';
    faults.push(faultOfCertificate('key-usage', authority, says));
  }
  return faults;
}

const maySign = ({ keyUsages }: Certificate): boolean => keyUsages?.includes('keyCertSign') !== false;

/** `length` intermediates stand below the CA, whoever counts among them. */
export function lengthFaults(authority: Certificate, length: number): ChainFault[] {
  const { pathLength } = authority;
  if (pathLength === undefined || length <= pathLength) return [];
  const says = `allows ${pathLength} intermediates below it (pathLenConstraint), the chain has ${length}`;
  return [faultOfCertificate('path-length-exceeded', authority, says)];
}

const ANY_POLICY = '2.5.29.32.0';

/**
 * Where a certificate below the anchor demands a policy, all of them have to be of one (RFC 5280 section 6.1). Mappings and
 * inhibitions are left out: no mesh has been seen to use them.
 */
export function policyFaults(path: readonly Certificate[]): ChainFault[] {
  const below = path.slice(0, -1);
  const demanding = below.find(({ explicitPolicyAfter }, depth) => (explicitPolicyAfter ?? Infinity) <= depth);
  if (demanding === undefined) return [];
  const named = below.flatMap(({ policies }) => policies ?? []).filter((policy) => policy !== ANY_POLICY);
  const shared = [...named, ANY_POLICY].some((policy) =>
    below.every(({ policies }) => policies?.some((one) => one === policy || one === ANY_POLICY) === true),
  );
  if (shared) return [];
  const says = 'demands a certificate policy (policyConstraints), and the chain has none in common';
  return [faultOfCertificate('policy', demanding, says)];
}

export const isAmongBytes = (bundle: readonly Certificate[], one: Certificate): boolean =>
  bundle.some((other) => sameCertificate(other, one));

/** BoringSSL, v3_purp.cc, X509_check_issued: all that is looked at before one is taken for an issuer. */
export const mayIssue = (candidate: Certificate, child: Certificate): boolean =>
  candidate.canonicalSubject === child.canonicalIssuer &&
  keyIdentifiersFit(child, candidate) !== 'different' &&
  maySign(candidate);

/** EXFLAG_SS there: from names and identifiers alone, no signature is verified for it. */
export const looksSelfSigned = (one: Certificate): boolean => isSelfIssued(one) && mayIssue(one, one);
