import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import { ENVOY } from '../readers/envoy.ts';
import { acceptedBy, admittedBy, type Identity, leafIdentity } from './identity.ts';
import { keyOf, type Lineage } from './lineage.ts';
import type { RevocationList } from '../../../observations/revocation-list.ts';
import { CACERTS } from '../../../observations/istio.ts';
import type { ObservedAuthority, ObservedPlane, ObservedProxy, ObservedRevocation } from './observation.ts';
import { type Scene, traitsOf } from './scene.ts';
import { isOutdated, issuedFor, type Issuing, type Trusted, trustedBy } from './trusted.ts';
import { nameProxies, type Named, verb } from './words.ts';

/** Proxies that talk alike: of one plane and kind, with the same roots, and with chains that everybody judges alike. */
export interface Party extends Named {
  readonly members: readonly [ObservedProxy, ...ObservedProxy[]];
  readonly kind: ObservedProxy['kind'];
  /** Whether others call it. */
  readonly serves: boolean;
  readonly plane: ObservedPlane | undefined;
  /** Undefined if what it presents was not seen. */
  readonly lineage: Lineage | undefined;
  /** Undefined if what it trusts was not seen. */
  readonly roots: readonly Certificate[] | undefined;
  /** What it trusts of a peer with these trust domains; no root where it has none for them. */
  readonly rootsFor: (domains: readonly string[]) => readonly Certificate[] | undefined;
  /** Whose word that is; only Envoy's own is good enough for trust. */
  readonly trustFrom: Trusted['from'] | undefined;
  /** Undefined: it does not look for revocation. */
  readonly revocation: ObservedRevocation | undefined;
  /** That of the first member. */
  readonly identity: Identity;
  /** Trust domains of the servers it accepts; undefined if neither its plane nor its own certificate tells. */
  readonly accepts: readonly string[] | undefined;
  /** Those of the clients it lets in. */
  readonly admits: readonly string[] | 'all' | undefined;
  /** The Secret cacerts that its istiod reads when it starts; undefined if that was not seen. */
  readonly plugged: ObservedAuthority | undefined;
  /** istiod keeps a CA of its own making there instead. */
  readonly ownMade: boolean;
  /** Host name of the CA that issues for it, where that is not its istiod. */
  readonly externalCa: string | undefined;
  /** What its istiod issues now; undefined if that was not seen. */
  readonly issuing: Issuing | undefined;
  /** Holds a certificate of another CA than its istiod's, or lacks a root that its istiod hands out. */
  readonly outdated: boolean;
  /** What a verdict on it rests on, where that is not Envoy's own word; clauses. */
  readonly restsOn: readonly string[];
}

/** Groups the proxies of a scene. There are as many groups as CAs, bundles and faults make, not as proxies. */
export function partiesOf(scene: Scene): Party[] {
  const views = scene.proxies.flatMap((proxy) => {
    const trusted = trustedBy(proxy, scene);
    if (trusted === undefined) return [];
    const lists = proxy.revocation?.lists;
    return [...(trusted.byDomain?.values() ?? []), trusted.roots].map(
      (roots) => [JSON.stringify([keyOf(roots), lists && keyOf(lists)]), { roots, lists }] as const,
    );
  });
  const verifiers = [...new Map(views).values()];
  const fates = new Map<Lineage, string>();
  for (const lineage of new Set(scene.presentedBy.values())) fates.set(lineage, fateOf(lineage, verifiers));

  const groups = Map.groupBy(scene.proxies, (proxy) => {
    const lineage = scene.presentedBy.get(proxy);
    return JSON.stringify([traitsOf(proxy, scene), lineage && fates.get(lineage), isOutdated(proxy, scene)]);
  });
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [partyOf([first, ...others], scene)] : []));
}

/** Equal for chains of which everybody who was observed thinks the same, at either end of a connection. */
function fateOf(
  lineage: Lineage,
  verifiers: readonly { roots: readonly Certificate[]; lists: readonly RevocationList[] | undefined }[],
): string {
  const [leaf] = lineage.chain;
  const place = (one: Certificate) => (leaf !== undefined && sameCertificate(leaf, one) ? 'leaf' : one.fingerprint);
  const opinions = [];
  for (const { roots, lists } of verifiers) {
    for (const purpose of ['serverAuth', 'clientAuth'] as const) {
      const { faults, anchor } = lineage.opinion(roots, { purpose, reader: ENVOY, lists });
      opinions.push([faults.map(({ code, about }) => [code, about.map(place)]), anchor?.fingerprint]);
    }
  }
  return JSON.stringify([keyOf(lineage.issuers), lineage.root?.fingerprint, opinions]);
}

function partyOf(members: Party['members'], scene: Scene): Party {
  const [first] = members;
  const named = nameProxies(members);
  const plane = scene.planeOf.get(first.plane ?? '');
  const trusted = trustedBy(first, scene);
  const identity = leafIdentity(first, first.chain?.[0]);
  const known = plane && acceptedBy(plane);
  const accepts = known ?? identity.claimed;
  return {
    ...named,
    members,
    kind: first.kind,
    serves: first.serves,
    plane,
    lineage: scene.presentedBy.get(first),
    roots: trusted?.roots,
    rootsFor: (domains) => {
      const byDomain = trusted?.byDomain;
      return byDomain === undefined ? trusted?.roots : domains.flatMap((domain) => byDomain.get(domain) ?? []);
    },
    trustFrom: trusted?.from,
    revocation: first.revocation,
    identity,
    accepts: accepts.length === 0 ? undefined : accepts,
    admits: accepts.length === 0 ? undefined : admittedBy(accepts, plane),
    plugged: scene.authorities.find(
      ({ kind, plane: of, isSelfMade }) => kind === CACERTS && of === first.plane && !isSelfMade,
    ),
    ownMade: scene.authorities.some(
      ({ kind, plane: of, isSelfMade }) => kind === CACERTS && of === first.plane && isSelfMade,
    ),
    externalCa: first.externalCa,
    issuing: issuedFor(first, scene),
    outdated: isOutdated(first, scene),
    restsOn: restsOn(named, plane, trusted, known === undefined && accepts.length > 0),
  };
}

function restsOn(
  named: Named,
  plane: ObservedPlane | undefined,
  trusted: Trusted | undefined,
  isDomainGuessed: boolean,
): string[] {
  const trust = `what ${named.name} ${verb(named, 'trust')}`;
  const clauses: string[] = [];
  if (trusted?.from === 'ConfigMap') clauses.push(`${trust} is read from the root ConfigMap, not from Envoy`);
  if (trusted?.from === 'istiod' && plane !== undefined) {
    clauses.push(`${trust} is taken to be the root of ${plane.id}, since the root ConfigMap holds another`);
  }
  if (isDomainGuessed) {
    const why = plane === undefined ? 'the plane is not known' : `the mesh configuration of ${plane.id} was not seen`;
    clauses.push(`the trust domain of ${named.name} is read from the certificate, since ${why}`);
  }
  return clauses;
}
