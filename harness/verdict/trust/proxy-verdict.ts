import { type Fault, faultOf } from '../../observations/fault.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { HeldByProxy } from '../../observations/proxy.ts';
import {
  type Certificate,
  describe,
  certificateName,
  sameCertificate,
  sameRoots,
} from '../../observations/certificate.ts';
import { verdictSentence, verifyChain } from './chain.ts';
import { ENVOY } from './readers/envoy.ts';
import { GO } from './readers/go.ts';
import { spiffeIdOf } from './spiffe.ts';

/** Each judge says what is wrong about a proxy, or nothing. */
export type ProxyJudge = (held: HeldByProxy) => Fault | undefined;

/** Is the leaf issued by the CA of this common name, and is that CA the one presented beside it? */
export const issuedBy =
  (commonName: string): ProxyJudge =>
  ({ proxy, chain: [leaf, issuer] }) => {
    if (leaf?.issuerCommonName !== commonName) {
      const issuer = leaf?.issuer ?? 'nobody';
      return faultOf(proxy, `${proxy.name}: its certificate is issued by «${issuer}», not by «${commonName}»`);
    }
    if (issuer?.subjectCommonName !== commonName) {
      const above = issuer?.subject ?? 'nothing';
      return faultOf(proxy, `${proxy.name} presents «${above}» above its leaf, not «${commonName}»`);
    }
    return undefined;
  };

/**
 * Does the presented chain verify link by link up to this root (RFC 5280, 6.1), for both ends of a connection, at `at`? Envoy
 * reads it; Go is asked too, which is stricter about the root, since istiod's own certificate comes from the same CA.
 */
export const verifiesTo =
  (root: Certificate, at = new Date()): ProxyJudge =>
  ({ proxy, chain }) => {
    for (const [reader, purpose] of READERS) {
      const verdict = verifyChain(chain, [root], { at, purpose, reader });
      if (!verdict.trusted) return faultOf(proxy, `${proxy.name}: ${verdictSentence(verdict)}`);
    }
    return undefined;
  };

const READERS = [
  [ENVOY, 'serverAuth'],
  [ENVOY, 'clientAuth'],
  [GO, 'serverAuth'],
] as const;

/** Does the proxy trust this root and nothing else? */
export const trustsOnly =
  (root: Certificate): ProxyJudge =>
  ({ proxy, roots }) =>
    sameRoots(roots, [root])
      ? undefined
      : faultOf(proxy, `${proxy.name}: its ROOTCA is ${roots.map(describe).join(' and ')}, not ${describe(root)}`);

/** Does the leaf name this workload (SPIFFE X.509-SVID, 2)? */
export const identifiedAs =
  (spiffeId: string): ProxyJudge =>
  ({ proxy, chain: [leaf] }) => {
    if (leaf === undefined) return faultOf(proxy, `${proxy.name} holds no certificate`);
    try {
      const { uri } = spiffeIdOf(leaf);
      if (uri === spiffeId) return undefined;
      return faultOf(proxy, `${proxy.name}: its certificate names ${uri}, not ${spiffeId}`);
    } catch (error) {
      return faultOf(proxy, `${proxy.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

/** Names of the roots that a gateway and a sidecar both trust. */
export function sharedRoots(held: readonly HeldByProxy[]): string[] {
  const rootsOf = (plane: PlaneName) => held.filter(({ proxy }) => proxy.plane === plane).flatMap(({ roots }) => roots);
  const gateway = rootsOf('gateway');
  const shared = rootsOf('mesh').filter((root) => gateway.some((other) => sameCertificate(root, other)));
  return [...new Set(shared.map((root) => `${certificateName(root)} (${root.fingerprint.slice(0, 16)})`))];
}
