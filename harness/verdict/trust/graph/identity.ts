import type { Certificate } from '../../../observations/certificate.ts';
import type { EdgeFault } from './fault.ts';
import type { ObservedPlane, ObservedProxy } from './observation.ts';
import { listed } from './words.ts';

/** What a leaf says of who its holder is. */
export interface Identity {
  /** All URI names of the leaf. */
  readonly uris: readonly string[];
  /** Trust domains of its SPIFFE IDs. */
  readonly claimed: readonly string[];
  /** What its path has to be: `ns/<namespace>/sa/<service account>` of its pod. */
  readonly path: string;
  /** Trust domains in which it is just that. */
  readonly proven: readonly string[];
}

/** Reads the names of a proxy's leaf. */
export function leafIdentity({ namespace, serviceAccount }: ObservedProxy, leaf: Certificate | undefined): Identity {
  const uris = leaf?.uris ?? [];
  const claimed = uris.flatMap((uri) => /^spiffe:\/\/([^/]*)\//.exec(uri)?.[1] ?? []);
  const path = `ns/${namespace}/sa/${serviceAccount}`;
  const proven = claimed.filter((domain) => uris.includes(`spiffe://${domain}/${path}`));
  const sorted = (domains: string[]) => [...new Set(domains)].sort();
  return { uris, claimed: sorted(claimed), path, proven: sorted(proven) };
}

/** The trust domains of the servers that a plane's proxies accept; undefined if that is not known. */
export const acceptedBy = ({ trustDomain, trustDomainAliases }: ObservedPlane): string[] | undefined =>
  trustDomain === undefined ? undefined : [...new Set([trustDomain, ...trustDomainAliases])];

/** Those of the clients that they let in (istio/istio, pilot/pkg/networking/plugin/authn/util.go, TrustDomainsForValidation). */
export const admittedBy = (accepted: readonly string[], plane: ObservedPlane | undefined): readonly string[] | 'all' =>
  plane?.alsoAdmits === 'all' ? 'all' : [...new Set([...accepted, ...(plane?.alsoAdmits ?? [])])];

/**
 * Why a client refuses a server's names: Istio has it demand exactly `spiffe://<domain>/ns/<namespace>/sa/<account>` of
 * the pod that serves, in its own trust domain or an alias (secure naming, istio pilot/pkg/model/push_context.go).
 * Of a service whose pods have several service accounts any would do; which pods serve together is not observed.
 */
export function serverNameFault(
  { uris, claimed, path, proven }: Identity,
  accepted: readonly string[],
): EdgeFault | undefined {
  if (proven.some((domain) => accepted.includes(domain))) return undefined;
  if (proven.length > 0) return foreignDomain(claimed, accepted);
  const says = claimed.length === 0 ? withoutId(uris) : `the certificate names ${listed(uris)}, not its pod's ${path}`;
  return { code: 'san-refused', says, about: [] };
}

/** Why a server refuses a client's names: it wants the prefix `spiffe://<domain>/`, whoever in it (same source). */
export function clientNameFault(
  { uris, claimed }: Identity,
  accepted: readonly string[] | 'all',
): EdgeFault | undefined {
  if (accepted === 'all') return undefined;
  if (claimed.some((domain) => accepted.includes(domain))) return undefined;
  if (claimed.length > 0) return foreignDomain(claimed, accepted);
  return { code: 'san-refused', says: withoutId(uris), about: [] };
}

const withoutId = (uris: readonly string[]): string =>
  uris.length === 0 ? 'the certificate has no SPIFFE ID' : `${listed(uris)} is no SPIFFE ID`;

const foreignDomain = (claimed: readonly string[], accepted: readonly string[]): EdgeFault => ({
  code: 'trust-domain-differs',
  says: `the certificate is of trust domain ${listed(claimed)}, accepted is only ${listed(accepted)}`,
  about: [],
});
