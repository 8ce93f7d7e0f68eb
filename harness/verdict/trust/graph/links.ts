import { ISTIOD_TLS } from '../../../observations/istio.ts';
import { sameCertificate } from '../../../observations/certificate.ts';
import type { Lineage } from './lineage.ts';
import type { GraphLink } from './model.ts';
import { mapId, secretId } from './nodes.ts';
import type { Scene } from './scene.ts';
import { trustedBy } from './trusted.ts';

/** All links, each once. */
export function linksOf(scene: Scene): GraphLink[] {
  const { planes, planeOf, proxies, bundles, authorities, webhooks, known } = scene;
  const links = new Map<string, GraphLink>();
  const link = (from: string, kind: GraphLink['kind'], to: string | undefined) => {
    if (to !== undefined) links.set(`${kind} ${from} ${to}`, { from, to, kind });
  };

  for (const { id } of planes) link(id, 'signedBy', issuerOf(scene.servedBy.get(id)));
  for (const ca of known.authorities.values()) {
    for (const issuer of known.above(ca)) link(ca.fingerprint, 'signedBy', issuer.fingerprint);
  }
  for (const bundle of bundles) {
    for (const root of bundle.certificates) link(mapId(bundle), 'trusts', root.fingerprint);
  }
  for (const { id, roots } of webhooks) {
    for (const root of roots ?? []) link(id, 'trusts', root.fingerprint);
  }
  for (const secret of authorities) {
    const [certificate] = secret.chain;
    if (certificate === undefined) continue;
    if (secret.kind !== ISTIOD_TLS) link(secretId(secret), 'holds', certificate.fingerprint);
    else link(secretId(secret), 'signedBy', known.above(certificate)[0]?.fingerprint);
  }
  for (const proxy of proxies) {
    if (proxy.plane !== undefined && planeOf.has(proxy.plane)) link(proxy.plane, 'serves', proxy.id);
    link(proxy.id, 'signedBy', issuerOf(scene.presentedBy.get(proxy)));
    for (const root of trustedBy(proxy, scene)?.roots ?? []) link(proxy.id, 'trusts', root.fingerprint);
  }
  return [...links.values()];
}

/** Of several certificates of the key that signed a leaf, the one that comes with it. */
function issuerOf(lineage: Lineage | undefined): string | undefined {
  if (lineage === undefined) return undefined;
  const { issuers, chain } = lineage;
  const presented = issuers.find((issuer) => chain.some((one) => sameCertificate(one, issuer)));
  return (presented ?? issuers[0])?.fingerprint;
}

/** The planes a CA issues for or whose Secrets hold it, by its fingerprint. */
export function planesOfAuthorities(scene: Scene, links: readonly GraphLink[]): Map<string, Set<string>> {
  const planeOfHolder = new Map<string, string>(scene.planes.map(({ id }) => [id, id]));
  for (const { id, plane } of scene.proxies) if (plane !== undefined) planeOfHolder.set(id, plane);
  for (const secret of scene.authorities) {
    if (secret.plane !== undefined) planeOfHolder.set(secretId(secret), secret.plane);
  }
  const planes = new Map<string, Set<string>>();
  for (const { from, to, kind } of links) {
    const plane = planeOfHolder.get(from);
    if (plane === undefined || (kind !== 'signedBy' && kind !== 'holds')) continue;
    planes.set(to, (planes.get(to) ?? new Set()).add(plane));
  }
  return planes;
}
