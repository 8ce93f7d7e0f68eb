import type { Certificate } from '../certificate.ts';
import { identityOf } from './identity.ts';
import { gather, type Known } from './known.ts';
import { keyOf, type Lineage, lineages } from './lineage.ts';
import type { Observation, ObservedBundle, ObservedPlane, ObservedProxy } from './observation.ts';

/** An observation with what can be said of each participant before any two of them talk. */
export interface Scene extends Observation {
  readonly known: Known;
  readonly planeOf: ReadonlyMap<string, ObservedPlane>;
  readonly bundleOf: ReadonlyMap<string, ObservedBundle>;
  /** What a proxy presents; missing if it was not seen. */
  readonly presentedBy: ReadonlyMap<ObservedProxy, Lineage>;
  /** What a plane's istiod presents, by the plane's id; missing if it was not seen. */
  readonly servedBy: ReadonlyMap<string, Lineage>;
}

/** Finds out where every chain leads; one after the other, so that thousands need no more memory than one. */
export async function prepare(observation: Observation): Promise<Scene> {
  const known = gather(observation);
  const planeOf = new Map(observation.planes.map((plane) => [plane.id, plane]));
  const bundleOf = new Map(observation.bundles.map((bundle) => [bundle.id, bundle]));
  const lineageOf = lineages(known);
  const presentedBy = new Map<ObservedProxy, Lineage>();
  for (const proxy of observation.proxies) {
    const { chain } = proxy;
    if (chain !== undefined) presentedBy.set(proxy, await lineageOf(chain, traitsOf(proxy, { bundleOf })));
  }
  const servedBy = new Map<string, Lineage>();
  for (const { id, serving } of observation.planes) {
    if (serving !== undefined) servedBy.set(id, await lineageOf(serving, id));
  }
  return { ...observation, known, planeOf, bundleOf, presentedBy, servedBy };
}

type Bundles = Pick<Scene, 'bundleOf'>;

/** What a proxy trusts: Envoy's own word, or else what its agent reads from its ConfigMap; undefined if neither was seen. */
export function rootsOf({ roots, bundle }: ObservedProxy, { bundleOf }: Bundles): readonly Certificate[] | undefined {
  if (roots !== undefined || bundle === undefined) return roots;
  const certificates = bundleOf.get(bundle)?.certificates ?? [];
  return certificates.length === 0 ? undefined : certificates;
}

/** Equal for proxies that talk alike if their chains are judged alike. */
export function traitsOf(proxy: ObservedProxy, bundles: Bundles): string {
  const { plane, kind, seenBy, chain } = proxy;
  const { claimed, proven } = identityOf(proxy, chain?.[0]);
  const roots = rootsOf(proxy, bundles);
  return JSON.stringify([plane, kind, seenBy, proxy.roots === undefined, roots && keyOf(roots), claimed, proven]);
}
