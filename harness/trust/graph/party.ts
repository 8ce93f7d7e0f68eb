import { type Certificate, sameCertificate } from '../certificate.ts';
import { acceptedBy, type Identity, identityOf } from './identity.ts';
import { keyOf, type Lineage } from './lineage.ts';
import type { ObservedPlane, ObservedProxy } from './observation.ts';
import { rootsOf, type Scene, traitsOf } from './scene.ts';
import { nameProxies, type Named, verb } from './words.ts';

/** Proxies that talk alike: of one plane and kind, with the same roots, and with chains that everybody judges alike. */
export interface Party extends Named {
  readonly members: readonly [ObservedProxy, ...ObservedProxy[]];
  readonly kind: ObservedProxy['kind'];
  readonly plane: ObservedPlane | undefined;
  /** Undefined if what it presents was not seen. */
  readonly lineage: Lineage | undefined;
  /** Undefined if what it trusts was not seen. */
  readonly roots: readonly Certificate[] | undefined;
  /** That of the first member. */
  readonly identity: Identity;
  /** The trust domains it accepts; undefined if neither its plane nor its own certificate tells. */
  readonly accepts: readonly string[] | undefined;
  /** The root of what its istiod presents, which issued that itself like its workloads' certificates. */
  readonly current: Certificate | undefined;
  /** Holds a certificate of another CA than its istiod's, or lacks a root that its istiod hands out now. */
  readonly outdated: boolean;
  /** What a verdict on it rests on, where that is not Envoy's own word; clauses. */
  readonly restsOn: readonly string[];
}

/** Groups the proxies of a scene. There are as many groups as CAs, bundles and faults make, not as proxies. */
export async function partiesOf(scene: Scene): Promise<Party[]> {
  const seenRoots = scene.proxies.flatMap((proxy) => {
    const roots = rootsOf(proxy, scene);
    return roots === undefined ? [] : [[keyOf(roots), roots] as const];
  });
  const rootSets = [...new Map(seenRoots).values()];
  const fates = new Map<Lineage, string>();
  for (const lineage of new Set(scene.presentedBy.values())) fates.set(lineage, await fateOf(lineage, rootSets));

  const groups = Map.groupBy(scene.proxies, (proxy) => {
    const lineage = scene.presentedBy.get(proxy);
    return JSON.stringify([traitsOf(proxy, scene), lineage && fates.get(lineage), isOutdated(proxy, scene)]);
  });
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [partyOf([first, ...others], scene)] : []));
}

/** Equal for chains of which everybody who was observed thinks the same, at either end of a connection. */
async function fateOf(lineage: Lineage, rootSets: readonly (readonly Certificate[])[]): Promise<string> {
  const [leaf] = lineage.chain;
  const place = (one: Certificate) => (leaf !== undefined && sameCertificate(leaf, one) ? 'leaf' : one.fingerprint);
  const opinions = [];
  for (const roots of rootSets) {
    for (const purpose of ['serverAuth', 'clientAuth'] as const) {
      const { faults, anchor } = await lineage.opinion(roots, purpose);
      opinions.push([faults.map(({ code, about }) => [code, about.map(place)]), anchor?.fingerprint]);
    }
  }
  return JSON.stringify([keyOf(lineage.issuers), lineage.root?.fingerprint, opinions]);
}

function partyOf(members: Party['members'], scene: Scene): Party {
  const [first] = members;
  const named = nameProxies(members);
  const plane = scene.planeOf.get(first.plane ?? '');
  const lineage = scene.presentedBy.get(first);
  const roots = rootsOf(first, scene);
  const identity = identityOf(first, lineage?.chain[0]);
  const accepts = plane === undefined ? identity.claimed : acceptedBy(plane);
  const restsOn: string[] = [];
  if (roots !== undefined && (first.seenBy !== 'admin' || first.roots === undefined)) {
    restsOn.push(`what ${named.name} ${verb(named, 'trust')} is read from the root ConfigMap, not from Envoy`);
  }
  if (plane === undefined && accepts.length > 0) {
    restsOn.push(`the trust domain of ${named.name} is read from the certificate, since the plane is not known`);
  }
  return {
    ...named,
    members,
    kind: first.kind,
    plane,
    lineage,
    roots,
    identity,
    accepts: accepts.length === 0 ? undefined : accepts,
    current: scene.servedBy.get(first.plane ?? '')?.root,
    outdated: isOutdated(first, scene),
    restsOn,
  };
}

function isOutdated(proxy: ObservedProxy, scene: Scene): boolean {
  const current = scene.servedBy.get(proxy.plane ?? '')?.root;
  if (current === undefined) return false;
  const own = scene.presentedBy.get(proxy)?.root;
  if (own !== undefined && own.keyFingerprint !== current.keyFingerprint) return true;
  // istiod writes all its roots into the ConfigMap, unless another istiod has overwritten them.
  const written = scene.bundleOf.get(proxy.bundle ?? '')?.certificates ?? [];
  const among = (roots: readonly Certificate[]) => (one: Certificate) =>
    roots.some(({ keyFingerprint }) => keyFingerprint === one.keyFingerprint);
  const handedOut = among(written)(current) ? written : [current];
  return proxy.roots !== undefined && !handedOut.every(among(proxy.roots));
}
