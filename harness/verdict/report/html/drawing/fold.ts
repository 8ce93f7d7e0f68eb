import { isBroken } from '../../../trust/graph/graph.ts';
import type {
  Conversation,
  GraphNode,
  LinkKind,
  NodeKind,
  TrustGraph,
  VerdictCode,
} from '../../../trust/graph/model.ts';
import { toneOf } from '../words.ts';

/** What is drawn as one box: a node, or several that hold, trust and talk alike. */
export interface Box {
  kind: NodeKind;
  members: GraphNode[];
  /** Id of the plane in whose frame it stands. */
  plane: string | undefined;
  /** Of the conversations that members have with each other. */
  among: Set<VerdictCode>;
}

export interface Arrow {
  /** Indices into the boxes. */
  from: number;
  to: number;
  kind: Exclude<LinkKind, 'serves'> | Conversation['channel'];
  /** Of a conversation. */
  verdict?: VerdictCode;
}

export interface Folded {
  boxes: Box[];
  arrows: Arrow[];
  /** Arrows that were left out. */
  left: number;
}

/** Boxes of one kind in one plane; more than that nobody reads, the rest becomes one box. */
const MOST_ALIKE = 5;
/** Arrows that are drawn; those of conversations come first, and the broken ones before the others. */
const MOST_ARROWS = 90;
/** Kinds of which each is a box of its own, since the others point to it. */
const SINGLE: readonly NodeKind[] = ['root', 'intermediate', 'istiod'];

/**
 * The graph with few enough boxes to draw: nodes of one kind and plane with the same links and conversations become
 * one box, so that 200 equal sidecars are one. `serves` is left out: a plane's frame says the same.
 */
export function foldGraph(graph: TrustGraph): Folded {
  const planes = planesOf(graph);
  const outgoing = Map.groupBy(graph.links, (link) => link.from);
  const parts = partsIn(graph.conversations);
  const alike = Map.groupBy(graph.nodes, (node) =>
    SINGLE.includes(node.kind)
      ? node.id
      : JSON.stringify([
          node.kind,
          planes.get(node.id),
          // Whether it mutates or validates makes no difference to whom it calls.
          node.kind === 'webhook' ? undefined : node.detail,
          node.problem !== undefined,
          parts.get(node.id),
          (outgoing.get(node.id) ?? []).map(({ kind, to }) => `${kind} ${to}`).sort(),
        ]),
  );
  const broken = new Set(graph.conversations.filter(isBroken).flatMap(({ from, to }) => [...from, ...to]));
  const boxes = [...alike.values()].flatMap((members): Box[] => {
    const [first] = members;
    return first === undefined ? [] : [{ kind: first.kind, members, plane: planes.get(first.id), among: new Set() }];
  });
  const few = [...Map.groupBy(boxes, ({ kind, plane }) => `${kind} ${plane ?? ''}`).values()].flatMap((group) =>
    fewer(group, broken),
  );
  const arrows = arrowsBetween(few, graph).toSorted((a, b) => importance(b) - importance(a));
  return { boxes: few, arrows: arrows.slice(0, MOST_ARROWS), left: Math.max(0, arrows.length - MOST_ARROWS) };
}

const importance = ({ kind, verdict }: Arrow): number => {
  if (verdict === undefined) return kind === 'signedBy' ? 1 : 0;
  return toneOf(verdict) === 'bad' ? 3 : 2;
};

/** Id of the plane for each node that belongs to one. */
function planesOf({ nodes, links }: TrustGraph): Map<string, string> {
  const istiods = new Set(nodes.flatMap(({ id, kind }) => (kind === 'istiod' ? [id] : [])));
  const serving = new Map(links.flatMap(({ from, to, kind }) => (kind === 'serves' ? [[to, from] as const] : [])));
  return new Map(
    nodes.flatMap(({ id, kind, plane }) => {
      if (kind === 'configMap') return [];
      const belongs = kind === 'istiod' ? id : (plane ?? serving.get(id));
      return belongs !== undefined && istiods.has(belongs) ? [[id, belongs] as const] : [];
    }),
  );
}

/** In which conversations each node has which part. */
function partsIn(conversations: readonly Conversation[]): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  const note = (id: string, part: string) => {
    const before = parts.get(id);
    if (before === undefined) parts.set(id, [part]);
    else before.push(part);
  };
  for (const [index, { from, to }] of conversations.entries()) {
    for (const id of from) note(id, `from ${index}`);
    for (const id of to) note(id, `to ${index}`);
  }
  return parts;
}

/** At most {@link MOST_ALIKE} boxes: those that something is wrong with and the biggest stay, the rest is one. */
function fewer(boxes: readonly Box[], broken: ReadonlySet<string>): Box[] {
  if (boxes.length <= MOST_ALIKE) return [...boxes];
  const isWrong = ({ members }: Box) =>
    members.some(({ id, problem }) => problem !== undefined || broken.has(id)) ? 1 : 0;
  const ranked = boxes.toSorted((a, b) => isWrong(b) - isWrong(a) || b.members.length - a.members.length);
  const kept = ranked.slice(0, MOST_ALIKE - 1);
  const [first, ...others] = ranked.slice(MOST_ALIKE - 1);
  if (first === undefined) return kept;
  return [...kept, { ...first, members: [first, ...others].flatMap(({ members }) => members) }];
}

/** All arrows, each once; what is said between members of one box is noted there. */
function arrowsBetween(boxes: readonly Box[], { links, conversations }: TrustGraph): Arrow[] {
  const boxOf = new Map(boxes.flatMap(({ members }, index) => members.map(({ id }) => [id, index] as const)));
  const boxesOf = (ids: readonly string[]) => new Set(ids.flatMap((id) => boxOf.get(id) ?? []));
  const arrows = new Map<string, Arrow>();
  const draw = (arrow: Arrow) => arrows.set(JSON.stringify(arrow), arrow);
  for (const { from: below, to: above, kind } of links) {
    const [from, to] = [boxOf.get(below), boxOf.get(above)];
    if (from !== undefined && to !== undefined && from !== to && kind !== 'serves') draw({ from, to, kind });
  }
  for (const { from: clients, to: servers, channel, verdict } of conversations) {
    for (const from of boxesOf(clients)) {
      for (const to of boxesOf(servers)) {
        if (from === to) boxes[from]?.among.add(verdict);
        else draw({ from, to, kind: channel, verdict });
      }
    }
  }
  return [...arrows.values()];
}
