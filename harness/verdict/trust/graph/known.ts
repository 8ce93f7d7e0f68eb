import { ISTIOD_TLS } from '../../../observations/istio.ts';
import type { Certificate } from '../../../observations/certificate.ts';
import { isSelfIssued, type Link, linkBetween } from '../link.ts';
import type { Observation, ObservedPlane } from './observation.ts';

/** All CA certificates of an observation, whoever showed them. */
export interface Known {
  /** The instant at which validity is judged. */
  readonly at: Date;
  /** By fingerprint, in the order of the observation. */
  readonly authorities: ReadonlyMap<string, Certificate>;
  /** Those of one name, by canonical subject. */
  readonly bySubject: ReadonlyMap<string, readonly Certificate[]>;
  /** Those somebody trusts. */
  readonly anchors: readonly Certificate[];
  /** Serial numbers on anybody's revocation list: their holders are not like others. */
  readonly revoked: ReadonlySet<string>;
  /** The CAs above a CA; a renewed root is not above the one it renews. Each signature is verified once. */
  readonly above: (authority: Certificate) => readonly Certificate[];
}

/** Gathers whatever stands above a leaf, in a bundle or in a plane's Secret. */
export function gather(observation: Observation): Known {
  const { proxies, bundles, planes, authorities, webhooks } = observation;
  const anchors = distinct([
    ...proxies.flatMap(({ roots }) => roots ?? []),
    ...bundles.flatMap(({ certificates }) => certificates),
    ...authorities.flatMap(({ roots }) => roots),
    ...webhooks.flatMap(({ roots }) => roots ?? []),
  ]);
  const all = distinct([
    ...anchors,
    ...authorities.flatMap(({ kind, chain }) => (kind === ISTIOD_TLS ? chain.slice(1) : chain)),
    ...proxies.flatMap(({ chain }) => chain?.slice(1) ?? []),
    ...planes.flatMap((plane) => presentedBy(plane).flatMap((chain) => chain.slice(1))),
  ]);
  const bySubject = Map.groupBy(all, ({ canonicalSubject }) => canonicalSubject);
  const found = new Map<string, readonly Certificate[]>();
  const issuersOf = (child: Certificate) =>
    issuersAmong(
      linksAbove(child, { bySubject }).filter(({ candidate }) => candidate.keyFingerprint !== child.keyFingerprint),
    );
  return {
    at: observation.at,
    authorities: new Map(all.map((one) => [one.fingerprint, one])),
    bySubject,
    anchors,
    revoked: new Set(
      proxies.flatMap(({ revocation }) => revocation?.lists ?? []).flatMap(({ revoked }) => [...revoked]),
    ),
    above: (authority) => {
      const issuers = found.get(authority.fingerprint) ?? issuersOf(authority);
      found.set(authority.fingerprint, issuers);
      return issuers;
    },
  };
}

/** The chains that a plane's pods present, on either port. */
export const presentedBy = ({ serving, replicas }: ObservedPlane): readonly (readonly Certificate[])[] =>
  [serving, ...replicas.flatMap((one) => [one.serving, one.webhook])].filter((chain) => chain !== undefined);

/** Whether a CA that bears the name of a certificate's issuer is it. */
export interface LinkAbove {
  readonly candidate: Certificate;
  readonly link: Link;
}

/** Holds a certificate against every known CA of its issuer's name. */
export function linksAbove(child: Certificate, { bySubject }: Pick<Known, 'bySubject'>): LinkAbove[] {
  const candidates = bySubject.get(child.canonicalIssuer) ?? [];
  return candidates.map((candidate) => ({ candidate, link: linkBetween(child, candidate) }));
}

/** The candidates that did issue the certificate. */
export const issuersAmong = (links: readonly LinkAbove[]): Certificate[] =>
  links.filter(({ link }) => link === 'issued').map(({ candidate }) => candidate);

/** Self-signed, as opposed to a CA of the same name that another key of that name signed. */
export const isRoot = (authority: Certificate, known: Known): boolean =>
  isSelfIssued(authority) && known.above(authority).length === 0;

/**
 * The root that these CAs lead to, valid or not; undefined if there is none. Where nobody showed a root, the last CA on
 * the way up that somebody trusts stands for it.
 */
export function rootAbove(issuers: readonly Certificate[], known: Known): Certificate | undefined {
  const seen = new Map<string, Certificate>();
  for (let level = issuers; level.length > 0;) {
    const above: Certificate[] = [];
    for (const one of level) {
      if (isRoot(one, known)) return one;
      seen.set(one.fingerprint, one);
      above.push(...known.above(one));
    }
    level = distinct(above).filter(({ fingerprint }) => !seen.has(fingerprint));
  }
  const trusted = new Set(known.anchors.map(({ fingerprint }) => fingerprint));
  return [...seen.values()].findLast(({ fingerprint }) => trusted.has(fingerprint));
}

/** All known CA certificates but these. */
export function othersThan(certificates: readonly Certificate[], { authorities }: Known): Certificate[] {
  const these = new Set(certificates.map(({ fingerprint }) => fingerprint));
  return [...authorities.values()].filter(({ fingerprint }) => !these.has(fingerprint));
}

/** Each certificate once. */
export function distinct(certificates: readonly Certificate[]): Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint, one])).values()];
}
