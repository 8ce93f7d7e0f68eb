import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import { type ChainFault, type ChainVerdict, type FaultCode, type Purpose, verifyChain } from '../chain.ts';
import { codeOf, doubted, explained, type EdgeFault, incomplete, unknownIssuer } from './fault.ts';
import { holdsInAnotherOrder } from '../readers/envoy.ts';
import { defined } from '../../../common/defined.ts';
import type { RevocationList } from '../../../observations/revocation-list.ts';
import type { Reader } from '../readers/reader.ts';
import { type Known, othersThan } from './known.ts';

/** A chain as somebody presents it. */
export interface Presented {
  /** Leaf first. */
  readonly chain: readonly Certificate[];
  /** The instant at which it is judged. */
  readonly at: Date;
  /** Where it leads through all CAs that are known, whoever trusts that. */
  readonly root: Certificate | undefined;
}

/** Who judges, and for which end of TLS. */
export interface Asked {
  readonly purpose: Purpose;
  readonly reader: Reader;
  /** Lists that it looks for revocation in; undefined: it does not look. */
  readonly lists?: readonly RevocationList[] | undefined;
}

/** What somebody who trusts certain roots thinks of a chain. */
export interface Opinion {
  /** Empty if the chain is accepted; a broken link comes first. */
  readonly faults: readonly EdgeFault[];
  /** The trusted certificate an accepted chain leads to. */
  readonly anchor: Certificate | undefined;
  /** Leaf to anchor of an accepted chain; empty for another. */
  readonly path: readonly Certificate[];
}

/** Judges a chain under these roots as a reader would; an empty chain or bundle is refused too. */
export function judge(
  { chain, at, root }: Presented,
  roots: readonly Certificate[],
  asked: Asked,
  known: Known,
): Opinion {
  const refused = (...faults: EdgeFault[]): Opinion => ({ faults, anchor: undefined, path: [] });
  const { purpose, reader, lists } = asked;
  const options = { reader, purpose, at, ...defined({ lists }) };
  const atHand = [...roots, ...chain];
  const explain = (fault: ChainFault) => explained(fault, at, atHand);
  const [leaf, ...others] = chain;
  if (leaf === undefined) return refused({ code: 'invalid-chain', says: 'no certificate is presented', about: [] });

  const verdict = verifyChain(chain, roots, options);
  if (verdict.trusted) return { faults: [], anchor: verdict.path.at(-1), path: verdict.path };
  if (reader.name === 'Envoy' && holdsInAnotherOrder({ leaf, others, roots, at, purpose, lists })) {
    return refused(...verdict.faults.map((fault) => doubted(explain(fault))));
  }
  const [first, ...further] = verdict.faults;
  if (first === undefined || codeOf(first) !== 'unknown-issuer') return refused(...verdict.faults.map(explain));

  // Would it hold if everything known had been presented?
  const whole = verifyChain([...chain, ...othersThan(atHand, known)], roots, options);
  if (!isLinked(whole)) return refused(unknownIssuer(first.certificate, root, roots), ...further.map(explain));
  const missing = whole.path.filter((one) => !atHand.some((other) => sameCertificate(one, other)));
  return refused(incomplete(missing, whole.path.at(-1)), ...(whole.trusted ? [] : whole.faults.map(explain)));
}

const BROKEN_LINKS: readonly FaultCode[] = [
  'unknown-issuer',
  'bad-signature',
  'same-subject-other-key',
  'authority-key-mismatch',
];

/** Whether the links hold up to a trusted root, whatever else is wrong. */
function isLinked(verdict: ChainVerdict): boolean {
  return verdict.trusted || !verdict.faults.some(({ code }) => BROKEN_LINKS.includes(code));
}
