import { type Certificate, certificateName } from '../../observations/certificate.ts';

export type FaultCode =
  | 'unknown-issuer'
  | 'bad-signature'
  | 'same-subject-other-key'
  | 'authority-key-mismatch'
  | 'expired'
  | 'not-yet-valid'
  | 'not-a-ca'
  | 'path-length-exceeded'
  | 'key-usage'
  | 'extended-key-usage'
  | 'name-constraints'
  | 'unhandled-critical-extension'
  | 'policy'
  | 'algorithm'
  | 'name-bytes-differ'
  | 'unreadable'
  | 'revoked'
  | 'revocation-unknown';

/** One reason why a chain is not trusted. */
export interface ChainFault {
  readonly code: FaultCode;
  /** The certificate at fault; for a broken link, the lower of the two. */
  readonly certificate: Certificate;
  /** Names the certificate; begins in lower case and ends without a full stop, so that several can be joined. */
  readonly sentence: string;
}

/** A fault of a certificate, as a sentence that begins with its name. */
export const faultOfCertificate = (code: FaultCode, certificate: Certificate, says: string): ChainFault => ({
  code,
  certificate,
  sentence: `${certificateName(certificate)} ${says}`,
});
