import { defined } from '../../../common/defined.ts';
import { type Certificate, sameRoots } from '../../../observations/certificate.ts';
import type { Lineage } from './lineage.ts';
import type { ObservedBundle, ObservedProxy } from './observation.ts';

/** What a proxy trusts, and whose word that is. */
export interface Trusted {
  readonly roots: readonly Certificate[];
  /** Those for peers of one trust domain, where that makes a difference. */
  readonly byDomain?: ReadonlyMap<string, readonly Certificate[]>;
  readonly from: 'Envoy' | 'ConfigMap' | 'istiod';
}

/** What is shown by whom. */
export interface Shown {
  readonly bundleOf: ReadonlyMap<string, ObservedBundle>;
  /** What a proxy presents; missing if it was not seen. */
  readonly presentedBy: ReadonlyMap<ObservedProxy, Lineage>;
  /** What a plane's istiod presents, by the plane's id; missing if it was not seen or nothing. */
  readonly servedBy: ReadonlyMap<string, Lineage>;
}

/**
 * What a proxy trusts; undefined if nothing tells. An Envoy that was asked has the last word, even if it cannot be read:
 * nothing stands in for it. Where Envoy was not asked it is what its ConfigMap says, which its
 * istiod writes and hands out alike. If that does not lead to what istiod itself presents, another istiod has overwritten
 * it, and what this one hands out is its own root.
 */
export function trustedBy(proxy: ObservedProxy, shown: Shown): Trusted | undefined {
  if (proxy.seenBy === 'admin') {
    const { roots: held, rootsByDomain: byDomain } = proxy;
    return held && { roots: held, from: 'Envoy', ...defined({ byDomain }) };
  }
  const roots = proxy.roots ?? written(proxy, shown);
  if (roots.length === 0) return undefined;
  const serving = shown.servedBy.get(proxy.plane ?? '');
  if (serving === undefined || (serving.root !== undefined && isAmong(roots, serving.root))) {
    return { roots, from: 'ConfigMap' };
  }
  return serving.root && { roots: [serving.root], from: 'istiod' };
}

/** What an istiod issues now. */
export interface Issuing {
  /** Where its certificates lead: like its own, which it issues itself. */
  readonly root: Certificate;
  /** What it tells its proxies to trust. */
  readonly roots: readonly Certificate[];
}

/** What a proxy would get from its istiod now; undefined if that was not seen. */
export function issuedFor(proxy: ObservedProxy, shown: Shown): Issuing | undefined {
  // Another CA's certificates have nothing to do with what istiod serves with.
  const root = proxy.externalCa === undefined ? shown.servedBy.get(proxy.plane ?? '')?.root : undefined;
  if (root === undefined) return undefined;
  const inMap = written(proxy, shown);
  const handedOut = isAmong(inMap, root) || (proxy.seenBy === 'admin' && sameRoots(proxy.roots ?? [], inMap));
  return { root, roots: handedOut ? inMap : [root] };
}

/** Whether a proxy holds a certificate or roots that its istiod does not issue any more. */
export function isOutdated(proxy: ObservedProxy, shown: Shown): boolean {
  const issuing = issuedFor(proxy, shown);
  if (issuing === undefined) return false;
  const own = shown.presentedBy.get(proxy)?.root;
  const roots = trustedBy(proxy, shown)?.roots ?? issuing.roots;
  return (own !== undefined && !isAmong([own], issuing.root)) || !issuing.roots.every((root) => isAmong(roots, root));
}

/** Whether a bundle holds a root or a renewal of it. */
export const isAmong = (bundle: readonly Certificate[], { keyFingerprint }: Certificate): boolean =>
  bundle.some((one) => one.keyFingerprint === keyFingerprint);

const written = ({ bundle }: ObservedProxy, { bundleOf }: Shown): readonly Certificate[] =>
  bundleOf.get(bundle ?? '')?.certificates ?? [];
