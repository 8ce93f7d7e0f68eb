import type { Certificate } from '../../../observations/certificate.ts';
import { controlConversations } from './control.ts';
import { distinct } from './known.ts';
import { linksOf, planesOfAuthorities } from './links.ts';
import type { CertificateSummary, Conversation, TrustGraph } from './model.ts';
import { nodesOf } from './nodes.ts';
import type { Observation } from './observation.ts';
import { changesAtRestart } from './restart.ts';
import { prepare, type Scene } from './scene.ts';
import { webhookConversations } from './webhook.ts';
import { workloadConversations } from './workload.ts';

/*
 * From an observation to a graph, a file a step:
 *   observation → known (all CAs) + lineage (where a chain leads) + trusted (who trusts what) → scene
 *   scene → party (proxies that talk alike) → handshake (opinion of a chain, identity of a name) → reason, remedies
 *   → workload, control and webhook: the conversations; scene → nodes and links: who holds and signs what → model, as it is kept
 */

/**
 * Judges who trusts whom: every proxy as a client of every sidecar, every agent as a client of its istiod,
 * the API server as a client of those that its webhooks call. Odd
 * observations, such as empty chains, are told in the graph; it never throws for them. Its size and the time it takes
 * grow with the number of proxies, not with that of pairs.
 */
export function trustGraph(observation: Observation): TrustGraph {
  const scene = prepare(observation);
  const links = linksOf(scene);
  const atRestart = changesAtRestart(scene);
  return {
    at: observation.at.toISOString(),
    nodes: nodesOf(scene, planesOfAuthorities(scene, links)),
    links,
    conversations: [
      ...workloadConversations(scene),
      ...controlConversations(scene),
      ...webhookConversations(scene),
    ].sort(brokenFirst),
    certificates: certificatesOf(scene).map(summary),
    unseen: observation.unseen,
    ...(observation.beside.length === 0 ? {} : { beside: observation.beside }),
    ...(atRestart.length === 0 ? {} : { atRestart }),
  };
}

/** Somebody refuses somebody; what could not be seen is not broken. */
export const isBroken = ({ verdict }: Pick<Conversation, 'verdict'>): boolean =>
  verdict !== 'trusted' && verdict !== 'not-seen';

/** The conversations that are refused, in the graph's order. */
export const brokenConversations = ({ conversations }: TrustGraph): Conversation[] => conversations.filter(isBroken);

/** Then what was not seen, then what is trusted; a stable sort keeps workloads before agents. */
function brokenFirst(a: Conversation, b: Conversation): number {
  const rank = (one: Conversation) => (isBroken(one) ? 0 : one.verdict === 'not-seen' ? 1 : 2);
  return rank(a) - rank(b);
}

function certificatesOf({ known, planes, proxies, authorities }: Scene): Certificate[] {
  return distinct([
    ...known.authorities.values(),
    ...planes.flatMap(({ serving }) => serving ?? []),
    ...authorities.flatMap(({ chain }) => chain),
    ...proxies.flatMap(({ chain }) => chain ?? []),
  ]);
}

function summary(certificate: Certificate): CertificateSummary {
  const { fingerprint, subject, issuer, notBefore, notAfter, serial, keyAlgorithm, isCa, uris, dnsNames } = certificate;
  return {
    fingerprint,
    subject,
    issuer,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    serial,
    key: keyAlgorithm,
    isCa,
    names: [...uris, ...dnsNames],
  };
}
