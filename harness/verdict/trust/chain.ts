import { type Certificate, CertificateError, certificateName } from '../../observations/certificate.ts';
import { ENVOY } from './readers/envoy.ts';
import type { ChainVerdict, Purpose, Reader } from './readers/reader.ts';

export type { ChainFault, FaultCode } from './fault.ts';
export type { ChainVerdict, Purpose } from './readers/reader.ts';

export interface VerifyOptions {
  /** Whose rules decide; Envoy's unless given, which workloads verify each other with. */
  readonly reader?: Reader;
  /** The instant to judge validity by; now unless given. */
  readonly at?: Date;
  /** Which end of a TLS handshake it is for; left out, purposes and key usages of the leaf do not count. */
  readonly purpose?: Purpose;
}

/**
 * Whether a reader who trusts `roots` accepts a leaf, `presented[0]`, with what comes with it, and if not, why.
 * Revocation is not considered.
 * @throws CertificateError if nothing was presented.
 */
export function verifyChain(
  presented: readonly Certificate[],
  roots: readonly Certificate[],
  { reader = ENVOY, at = new Date(), purpose }: VerifyOptions = {},
): ChainVerdict {
  const [leaf, ...others] = presented;
  if (leaf === undefined) throw new CertificateError('no certificate was presented, so there is no chain to verify');
  return reader.verify({ leaf, others, roots, at, purpose });
}

/** A verdict as one sentence without a full stop. */
export function verdictSentence(verdict: ChainVerdict): string {
  if (verdict.trusted) return `trusted: ${verdict.path.map(certificateName).join(' issued by ')}`;
  return `not trusted: ${verdict.faults.map(({ sentence }) => sentence).join('; ')}`;
}
