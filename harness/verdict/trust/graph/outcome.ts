import { isBroken } from './graph.ts';
import type { Conversation, TrustGraph } from './model.ts';

/** What a graph comes to; the first that is so. */
export type Outcome =
  /** Somebody refuses somebody. */
  | 'broken'
  /** No proxy was found, or of no edge enough was seen: nothing is said at all. */
  | 'nothing-judged'
  /** An edge that is trusted now rests on a CA that ends within the time asked for. */
  | 'ends-soon'
  /** All is trusted, and a restart of an istiod would break something or change its root. */
  | 'breaks-at-restart'
  /** What was judged is trusted, and an edge, a proxy or an istiod was not seen. */
  | 'partly-unseen'
  /** Every edge that there is was seen and is trusted. */
  | 'trusted';

export interface OutcomeOptions {
  /** Also what does not bear on an edge has to have been seen. */
  strict?: boolean;
  /** Milliseconds for which the CAs of every edge have to last. */
  within?: number;
}

/** Judges a graph as a whole. */
export function outcomeOf(graph: TrustGraph, { strict = false, within }: OutcomeOptions = {}): Outcome {
  const { nodes, conversations, unseen, beside = [], atRestart = [] } = graph;
  if (conversations.some(isBroken)) return 'broken';
  const isJudged = conversations.some(({ verdict }) => verdict !== 'not-seen');
  if (!isJudged || !nodes.some(({ kind }) => kind === 'proxy')) return 'nothing-judged';
  if (endingWithin(graph, within).length > 0) return 'ends-soon';
  if (atRestart.length > 0) return 'breaks-at-restart';
  const isOpen = conversations.some(({ verdict }) => verdict === 'not-seen') || hiddenNodes(graph) > 0;
  return isOpen || unseen.length > 0 || (strict && beside.length > 0) ? 'partly-unseen' : 'trusted';
}

/** The trusted conversations whose CAs end within so many milliseconds of the look. */
export const endingWithin = ({ at, conversations }: TrustGraph, within: number | undefined): Conversation[] =>
  within === undefined
    ? []
    : conversations.filter(({ until }) => until !== undefined && Date.parse(until) - Date.parse(at) < within);

/** Proxies and istiods of which it is not known what they present. */
export const hiddenNodes = ({ nodes }: TrustGraph): number =>
  nodes.filter(({ kind, certificate }) => (kind === 'proxy' || kind === 'istiod') && certificate === undefined).length;
