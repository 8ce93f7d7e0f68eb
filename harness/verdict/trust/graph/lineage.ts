import type { Certificate } from '../../../observations/certificate.ts';
import { issuersAmong, type Known, linksAbove, rootAbove } from './known.ts';
import { type Asked, judge, type Opinion, type Presented } from './opinion.ts';

/** What chains have in common that every verifier judges alike, shown by one of them. */
export interface Lineage extends Presented {
  /** The CAs whose key signed the leaf. */
  readonly issuers: readonly Certificate[];
  /** What somebody with these roots thinks of it; judged once for each set of roots. */
  readonly opinion: (roots: readonly Certificate[], asked: Asked) => Opinion;
}

/** Equal for two bundles of the same certificates in the same order, which may decide. */
export const keyOf = (certificates: readonly Pick<Certificate, 'fingerprint'>[]): string =>
  [...new Set(certificates.map(({ fingerprint }) => fingerprint))].join();

/**
 * Tells the lineage of one chain after the other; `holder` keeps those apart whose words must not be about each other.
 * Only the leaf's signature is verified for every chain, with each known CA of its issuer's name; whole chains are
 * verified as often as there are lineages, however many proxies there are.
 */
export function lineages(known: Known): (chain: readonly Certificate[], holder: string, at?: Date) => Lineage {
  const found = new Map<string, Lineage>();
  const namesMatter = [...known.authorities.values()].some(({ nameConstraints }) => nameConstraints !== undefined);

  const identifierOf = (leaf: Certificate, at: Date): unknown => {
    const special =
      namesMatter ||
      leaf.canonicalSubject !== '' ||
      known.authorities.has(leaf.fingerprint) ||
      known.revoked.has(leaf.serial);
    return special ? leaf.fingerprint : whatIsVerified(leaf, at);
  };

  return (chain, holder, at = known.at) => {
    const [leaf, ...others] = chain;
    const links = leaf === undefined ? [] : linksAbove(leaf, known);
    const linked = links.map(({ candidate, link }) => `${candidate.fingerprint} ${link}`);
    const id = JSON.stringify([
      holder,
      leaf && identifierOf(leaf, at),
      others.map(({ fingerprint }) => fingerprint),
      linked,
    ]);
    let lineage = found.get(id);
    if (lineage === undefined) {
      const issuers = issuersAmong(links);
      lineage = withOpinions({ chain, at, issuers, root: rootAbove(issuers, known) }, known);
      found.set(id, lineage);
    }
    return lineage;
  };
}

/** All that a chain's verification reads of a leaf without subject, but for its names and the links above it. */
function whatIsVerified(leaf: Certificate, at: Date): unknown {
  const { canonicalIssuer, issuerBytes, authorityKeyIdentifier, keyUsages, extendedKeyUsages, isCa } = leaf;
  const { criticalExtensions, policies, explicitPolicyAfter } = leaf;
  const { signatureAlgorithm, signatureAlgorithmsAgree, hasNegativeSerial, keyAlgorithm } = leaf;
  const validity = [at >= leaf.notBefore, at <= leaf.notAfter];
  return [
    ...[canonicalIssuer, issuerBytes, authorityKeyIdentifier, validity, keyUsages, extendedKeyUsages, isCa],
    ...[criticalExtensions, policies, explicitPolicyAfter],
    ...[signatureAlgorithm, signatureAlgorithmsAgree, hasNegativeSerial, keyAlgorithm],
  ];
}

function withOpinions(lineage: Omit<Lineage, 'opinion'>, known: Known): Lineage {
  const opinions = new Map<string, Opinion>();
  return {
    ...lineage,
    opinion: (roots, asked) => {
      const lists = asked.lists && keyOf(asked.lists);
      const key = `${asked.reader.name} ${asked.purpose} ${keyOf(roots)} ${lists ?? '-'}`;
      const opinion = opinions.get(key) ?? judge(lineage, roots, asked, known);
      opinions.set(key, opinion);
      return opinion;
    },
  };
}
