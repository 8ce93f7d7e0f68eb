import { isBroken } from './graph.ts';
import type { TrustGraph } from './model.ts';

/** What a graph comes to; the first that is so. */
export type Outcome =
  /** Somebody refuses somebody. */
  | 'broken'
  /** No proxy was found, or of no edge enough was seen: nothing is said at all. */
  | 'nothing-judged'
  /** All is trusted, and a restart of an istiod would break something or change its root. */
  | 'breaks-at-restart'
  /** What was judged is trusted, and an edge, a proxy or an istiod was not seen. */
  | 'partly-unseen'
  /** Every edge that there is was seen and is trusted. */
  | 'trusted';

/** Judges a graph as a whole; `strict`: also what does not bear on an edge has to have been seen. */
export function outcomeOf(graph: TrustGraph, { strict = false } = {}): Outcome {
  const { nodes, conversations, unseen, atRestart = [] } = graph;
  if (conversations.some(isBroken)) return 'broken';
  const isJudged = conversations.some(({ verdict }) => verdict !== 'not-seen');
  if (!isJudged || !nodes.some(({ kind }) => kind === 'proxy')) return 'nothing-judged';
  if (atRestart.length > 0) return 'breaks-at-restart';
  const isOpen = conversations.some(({ verdict }) => verdict === 'not-seen') || hiddenNodes(graph) > 0;
  return isOpen || bearsOnEdges(unseen) || (strict && unseen.length > 0) ? 'partly-unseen' : 'trusted';
}

/** Proxies and istiods of which it is not known what they present. */
export const hiddenNodes = ({ nodes }: TrustGraph): number =>
  nodes.filter(({ kind, certificate }) => (kind === 'proxy' || kind === 'istiod') && certificate === undefined).length;

/** Without Secrets every edge can still be judged; whatever else was not seen may hide one. */
const bearsOnEdges = (unseen: readonly string[]): boolean => unseen.some((sentence) => !/\bsecrets?\b/i.test(sentence));
