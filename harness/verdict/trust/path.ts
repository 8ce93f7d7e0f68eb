import { type Certificate, certificateName } from '../../observations/certificate.ts';
import type { KeyUsage } from '../../observations/extensions.ts';
import type { ChainFault, FaultCode } from './fault.ts';
import { isSelfIssued } from './link.ts';
import { nameConstraintViolation } from './name-constraints.ts';

export type Purpose = 'serverAuth' | 'clientAuth';

/**
 * Every fault of a path (leaf first) whose links hold, by RFC 5280 section 6.1, at the instant `at`. The root counts
 * like any other certificate of the path, as in OpenSSL and BoringSSL, though the RFC leaves it out.
 */
export function pathFaults(path: readonly Certificate[], at: Date, purpose?: Purpose): ChainFault[] {
  return path.flatMap((certificate, depth) => {
    const faults = [
      ...validityFaults(certificate, at),
      ...certificate.unhandledCritical.map((oid) =>
        fault(
          'unhandled-critical-extension',
          certificate,
          `has the critical extension ${oid}, which nobody here knows`,
        ),
      ),
      ...constraintFaults(certificate, depth, path.slice(depth + 1)),
    ];
    if (depth > 0) faults.push(...authorityFaults(certificate, path.slice(1, depth)));
    if (purpose !== undefined) faults.push(...purposeFaults(certificate, depth, purpose));
    return faults;
  });
}

const fault = (code: FaultCode, certificate: Certificate, says: string): ChainFault => ({
  code,
  certificate,
  sentence: `${certificateName(certificate)} ${says}`,
});

function validityFaults(certificate: Certificate, at: Date): ChainFault[] {
  const { notBefore, notAfter } = certificate;
  const judged = `it was judged at ${at.toISOString()}`;
  if (at > notAfter) return [fault('expired', certificate, `expired at ${notAfter.toISOString()}; ${judged}`)];
  if (at >= notBefore) return [];
  return [fault('not-yet-valid', certificate, `is not valid before ${notBefore.toISOString()}; ${judged}`)];
}

/** Self-issued intermediates escape the constraints above them (section 4.2.1.10), so that a CA can change its key. */
function constraintFaults(certificate: Certificate, depth: number, above: readonly Certificate[]): ChainFault[] {
  if (depth > 0 && isSelfIssued(certificate)) return [];
  return above.flatMap((authority) => {
    const violation = authority.nameConstraints && nameConstraintViolation(certificate, authority.nameConstraints);
    if (violation === undefined) return [];
    return [fault('name-constraints', certificate, `${violation} by ${certificateName(authority)}`)];
  });
}

/** Whether a certificate may sign certificates, and have these intermediates below it (sections 4.2.1.3 and .9). */
function authorityFaults(certificate: Certificate, intermediatesBelow: readonly Certificate[]): ChainFault[] {
  const faults: ChainFault[] = [];
  if (!certificate.isCa) {
    faults.push(fault('not-a-ca', certificate, 'issued a certificate of the chain but is not a CA (basicConstraints)'));
  }
  if (certificate.keyUsages?.includes('keyCertSign') === false) {
    faults.push(fault('key-usage', certificate, 'may not sign certificates (keyUsage without keyCertSign)'));
  }
  const length = intermediatesBelow.filter((one) => !isSelfIssued(one)).length;
  if (certificate.pathLength !== undefined && length > certificate.pathLength) {
    const says = `allows ${certificate.pathLength} intermediates below it (pathLenConstraint), the chain has ${length}`;
    faults.push(fault('path-length-exceeded', certificate, says));
  }
  return faults;
}

// What a TLS 1.2 or 1.3 handshake may do with the leaf's key; OpenSSL asks for one of these.
const HANDSHAKE_USAGES: Record<Purpose, readonly KeyUsage[]> = {
  serverAuth: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  clientAuth: ['digitalSignature', 'keyAgreement'],
};

/**
 * An extended key usage restricts the whole path below it, as in OpenSSL and BoringSSL. anyExtendedKeyUsage does not
 * stand for the purpose, which section 4.2.1.12 leaves to the verifier and both decide so.
 */
function purposeFaults(certificate: Certificate, depth: number, purpose: Purpose): ChainFault[] {
  const faults: ChainFault[] = [];
  const { extendedKeyUsages, keyUsages } = certificate;
  if (extendedKeyUsages?.includes(purpose) === false) {
    const says = `is not meant for ${purpose} (extended key usage ${extendedKeyUsages.join(', ')})`;
    faults.push(fault('extended-key-usage', certificate, says));
  }
  const wanted = HANDSHAKE_USAGES[purpose];
  if (depth === 0 && keyUsages !== undefined && !wanted.some((usage) => keyUsages.includes(usage))) {
    faults.push(fault('key-usage', certificate, `has no key usage fit for ${purpose} (one of ${wanted.join(', ')})`));
  }
  return faults;
}
