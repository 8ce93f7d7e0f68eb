import type { Certificate } from '../../../observations/certificate.ts';
import type { ChainFault, FaultCode } from '../chain.ts';
import type { VerdictCode } from './model.ts';
import { called, calledAll } from './words.ts';

/** One reason to refuse a peer. */
export interface EdgeFault {
  readonly code: VerdictCode;
  /** A clause that names certificates by {@link called}; it does not say who refuses whom. */
  readonly says: string;
  /** What has to be mended: the certificate at fault, or those that are missing. */
  readonly about: readonly Certificate[];
  /** It rests on which of several certificates Envoy takes first. */
  readonly doubtful?: true;
}

const CODES: Record<FaultCode, VerdictCode> = {
  'unknown-issuer': 'unknown-issuer',
  'same-subject-other-key': 'same-subject-other-key',
  'bad-signature': 'invalid-chain',
  'authority-key-mismatch': 'invalid-chain',
  expired: 'expired',
  'not-yet-valid': 'not-yet-valid',
  'not-a-ca': 'ca-flag-missing',
  'path-length-exceeded': 'invalid-chain',
  'key-usage': 'invalid-chain',
  'extended-key-usage': 'invalid-chain',
  'name-constraints': 'invalid-chain',
  'unhandled-critical-extension': 'invalid-chain',
  policy: 'invalid-chain',
  algorithm: 'invalid-chain',
  'name-bytes-differ': 'invalid-chain',
  unreadable: 'invalid-chain',
  revoked: 'revoked',
  'revocation-unknown': 'revocation-unknown',
};

/**
 * The verdict code of a chain's fault. An issuer of the same name counts as another key's only if that is a name somebody
 * chose: every self-signed istiod CA is called `O=<trust domain>`, without a common name, so two of them are strangers.
 */
export function codeOf({ code, certificate }: ChainFault): VerdictCode {
  const anonymous = code === 'same-subject-other-key' && certificate.issuerCommonName === undefined;
  return anonymous ? 'unknown-issuer' : CODES[code];
}

/** A fault of a chain in the graph's words; `atHand` are the certificates among which an issuer was looked for. */
export function explained(fault: ChainFault, at: Date, atHand: readonly Certificate[]): EdgeFault {
  const { certificate, sentence } = fault;
  const words = WORDS[fault.code] ?? (() => `${sentence} (sha256 ${certificate.fingerprint.slice(0, 16)})`);
  const says = words(certificate, `it was judged at ${at.toISOString()}`, atHand);
  return { code: codeOf(fault), says, about: [certificate] };
}

type Words = (at: Certificate, judged: string, atHand: readonly Certificate[]) => string;

/** The other faults are told as chains tell them. */
const WORDS: Partial<Record<FaultCode, Words>> = {
  expired: (at, judged) => `${called(at)} expired at ${at.notAfter.toISOString()}; ${judged}`,
  'not-yet-valid': (at, judged) => `${called(at)} is not valid before ${at.notBefore.toISOString()}; ${judged}`,
  'not-a-ca': (at) => `${called(at)} issued a certificate of the chain but is not marked as a CA (basicConstraints)`,
  'same-subject-other-key': (at, _, atHand) => {
    const namesakes = atHand.filter((one) => one.canonicalSubject === at.canonicalIssuer);
    return `${called(at)} was signed by another key than that of ${calledAll(namesakes)}, which bears its issuer's name`;
  },
};

/**
 * The links hold up to `last`, whose issuer nobody here trusts. `root` is where they lead through whatever CAs are known;
 * without one nobody knows the issuer either, and the fault is about nothing.
 */
export function unknownIssuer(
  last: Certificate,
  root: Certificate | undefined,
  roots: readonly Certificate[],
): EdgeFault {
  const code = 'unknown-issuer';
  const trusted =
    roots.length === 0
      ? 'no root is trusted at all'
      : `only ${calledAll(roots)} ${roots.length === 1 ? 'is' : 'are'} trusted`;
  if (root === undefined) {
    const says = `"${last.issuer}", the issuer of ${called(last)}, was neither presented nor seen anywhere, and ${trusted}`;
    return { code, says, about: [] };
  }
  const namesake = roots.some(({ canonicalSubject }) => canonicalSubject === root.canonicalSubject);
  const says = `the presented chain leads to ${called(root)}, but ${trusted}${namesake ? ', another CA of the same name' : ''}`;
  return { code, says, about: [root] };
}

/** The links would hold if these were presented as well. */
export const incomplete = (missing: readonly Certificate[], root: Certificate | undefined): EdgeFault => ({
  code: 'chain-incomplete',
  says:
    `${calledAll(missing)} ${missing.length === 1 ? 'is' : 'are'} missing from what is presented` +
    (root === undefined ? '' : `, or the chain would lead to ${called(root)}, which is trusted`),
  about: missing,
});

/** A fault that a search for issuers would get round, which no TLS stack does. */
export const doubted = (fault: EdgeFault): EdgeFault => ({
  ...fault,
  says: `${fault.says}; another path would hold, but Envoy takes the first CA that fits by name and key identifier`,
  doubtful: true,
});
