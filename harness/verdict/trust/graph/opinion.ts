import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import { type ChainFault, type ChainVerdict, type FaultCode, type Purpose, verifyChain } from '../chain.ts';
import { codeOf, doubted, explained, type EdgeFault, incomplete, unknownIssuer } from './fault.ts';
import { waysUp } from './first-issuer.ts';
import { type Known, othersThan } from './known.ts';

/** A chain as somebody presents it. */
export interface Presented {
  /** Leaf first. */
  readonly chain: readonly Certificate[];
  /** Where it leads through all CAs that are known, whoever trusts that. */
  readonly root: Certificate | undefined;
}

/** What somebody who trusts certain roots thinks of a chain. */
export interface Opinion {
  /** Empty if the chain is accepted; a broken link comes first. */
  readonly faults: readonly EdgeFault[];
  /** The trusted certificate an accepted chain leads to. */
  readonly anchor: Certificate | undefined;
}

/** Judges a chain under these roots as Envoy would; an empty chain or bundle is refused too. */
export function judge(
  { chain, root }: Presented,
  roots: readonly Certificate[],
  purpose: Purpose,
  known: Known,
): Opinion {
  const refused = (...faults: EdgeFault[]): Opinion => ({ faults, anchor: undefined });
  const { at } = known;
  const atHand = [...roots, ...chain];
  const explain = (fault: ChainFault) => explained(fault, at, atHand);
  if (chain.length === 0) return refused({ code: 'invalid-chain', says: 'no certificate is presented', about: [] });

  const ways = waysUp(chain, roots, at, purpose);
  const obstacles = ways.flatMap(({ faults }) => faults);
  if (obstacles.length === 0) return { faults: [], anchor: ways[0]?.path.at(-1) };
  const verdict = verifyChain(chain, roots, { at, purpose });
  if (verdict.trusted) return refused(...obstacles.map((fault) => doubted(explain(fault))));
  const [first, ...others] = verdict.faults;
  if (first === undefined || codeOf(first) !== 'unknown-issuer') return refused(...verdict.faults.map(explain));

  // Would it hold if everything known had been presented?
  const whole = verifyChain([...chain, ...othersThan(atHand, known)], roots, { at, purpose });
  if (!isLinked(whole)) return refused(unknownIssuer(first.certificate, root, roots), ...others.map(explain));
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
