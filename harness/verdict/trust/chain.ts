import { type Certificate, CertificateError, certificateName } from '../../observations/certificate.ts';
import type { RevocationList } from '../../observations/revocation-list.ts';
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
  /** Lists to look for revocation in, as Envoy does where it has some; left out, it is not looked for. */
  readonly lists?: readonly RevocationList[];
}

/**
 * Whether a reader who trusts `roots` accepts a leaf, `presented[0]`, with what comes with it, and if not, why.
 * @throws CertificateError if nothing was presented.
 */
export function verifyChain(
  presented: readonly Certificate[],
  roots: readonly Certificate[],
  { reader = ENVOY, at = new Date(), purpose, lists }: VerifyOptions = {},
): ChainVerdict {
  const [leaf, ...others] = presented;
  if (leaf === undefined) throw new CertificateError('no certificate was presented, so there is no chain to verify');
  return reader.verify({ leaf, others, roots, at, purpose, lists });
}

/** A verdict as one sentence without a full stop. */
export function verdictSentence(verdict: ChainVerdict): string {
  if (verdict.trusted) return `trusted: ${verdict.path.map(certificateName).join(' issued by ')}`;
  return `not trusted: ${verdict.faults.map(({ sentence }) => sentence).join('; ')}`;
}
