import type { Certificate } from '../../../observations/certificate.ts';
import { leafIdentity } from './identity.ts';
import { gather, type Known } from './known.ts';
import { keyOf, type Lineage, lineages } from './lineage.ts';
import type { Observation, ObservedPlane, ObservedProxy } from './observation.ts';
import { type Shown, type Trusted, trustedBy } from './trusted.ts';

/** An observation with what can be said of each participant before any two of them talk. */
export interface Scene extends Observation, Shown {
  readonly known: Known;
  readonly planeOf: ReadonlyMap<string, ObservedPlane>;
  /** What each pod of a plane presents, by the plane's id. */
  readonly replicasOf: ReadonlyMap<string, readonly Replica[]>;
}

/** A pod of istiod and where what it presents leads. */
export interface Replica {
  readonly pod: string;
  readonly serving: Lineage | undefined;
  readonly webhook: Lineage | undefined;
}

/** Finds out where every chain leads; one after the other, so that thousands need no more memory than one. */
export function prepare(observation: Observation): Scene {
  const known = gather(observation);
  const planeOf = new Map(observation.planes.map((plane) => [plane.id, plane]));
  const bundleOf = new Map(observation.bundles.map((bundle) => [bundle.id, bundle]));
  const lineageOf = lineages(known);
  const servedBy = new Map<string, Lineage>();
  for (const { id, serving } of observation.planes) {
    if (serving !== undefined && serving.length > 0) servedBy.set(id, lineageOf(serving, id));
  }
  const replicasOf = new Map(
    observation.planes.map(({ id, replicas }) => [
      id,
      replicas.map(({ pod, serving, webhook }): Replica => {
        const of = (chain: readonly Certificate[] | undefined, to: string) =>
          chain && lineageOf(chain, JSON.stringify([id, pod, to]));
        return { pod, serving: of(serving, 'agents'), webhook: of(webhook, 'API server') };
      }),
    ]),
  );
  const presentedBy = new Map<ObservedProxy, Lineage>();
  const scene = {
    ...observation,
    known,
    planeOf,
    bundleOf,
    servedBy,
    replicasOf,
    presentedBy,
  };
  for (const proxy of observation.proxies) {
    const { chain } = proxy;
    if (chain !== undefined) presentedBy.set(proxy, lineageOf(chain, traitsOf(proxy, scene), proxy.seenAt));
  }
  return scene;
}

/** Equal for proxies that talk alike if their chains are judged alike. */
export function traitsOf(proxy: ObservedProxy, scene: Scene): string {
  const { plane, externalCa, kind, serves, seenBy, chain, revocation } = proxy;
  const { claimed, proven } = leafIdentity(proxy, chain?.[0]);
  const trusted = trustedBy(proxy, scene);
  const trust = trusted && [trusted.from, keyOf(trusted.roots), domainsOf(trusted)];
  const lists = revocation && [revocation.from, revocation.lists && keyOf(revocation.lists)];
  return JSON.stringify([plane, externalCa, kind, serves, seenBy, trust, lists, claimed, proven]);
}

const domainsOf = ({ byDomain }: Trusted) => byDomain && [...byDomain].map(([domain, roots]) => [domain, keyOf(roots)]);
