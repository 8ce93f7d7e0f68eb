import type { Graph } from '@viz-js/viz';
import type { TrustGraph } from '../../../trust/graph/model.ts';
import { mark, toneOf, verdictWords } from '../words.ts';
import { textOf } from './box-text.ts';
import type { Arrow, Box, Folded } from './fold.ts';

/** Graphviz measures text as Verdana; the page's fonts are narrower, so that it fits its box whichever there is. */
const FONT = 'Verdana';

/**
 * The drawing of a trust graph for Graphviz: planes as frames, roots on top, below them what they signed, at the
 * bottom what serves the proxies; conversations between proxies go across. Classes instead of colours, so that the
 * page's style sheet decides; names are numbers, so that no text of the graph is one.
 */
export function dotOf(graph: TrustGraph, { boxes, arrows }: Folded): Graph {
  const planes = Map.groupBy(boxes.keys(), (index) => boxes[index]?.plane);
  const frames = [...planes].flatMap(([plane, members], index) =>
    plane === undefined ? [] : [frame(`cluster_${index}`, planeName(graph, plane), members)],
  );
  return {
    graphAttributes: { rankdir: 'BT', ranksep: 0.5, nodesep: 0.35, bgcolor: 'transparent', fontname: FONT },
    nodeAttributes: { shape: 'box', style: 'rounded', fontname: FONT, fontsize: 13, margin: '0.25,0.1' },
    edgeAttributes: { fontname: FONT, fontsize: 12, arrowsize: 0.7 },
    nodes: boxes.map((box, index) => ({ name: String(index), attributes: boxAttributes(graph, box) })),
    edges: [
      ...arrows.map((arrow) => edgeOf(arrow, boxes)),
      ...[...planes.values()].flatMap((members) => lowerRow(boxes, members)),
    ],
    subgraphs: frames,
  };
}

const planeName = ({ nodes }: TrustGraph, plane: string): string =>
  nodes.find(({ id }) => id === plane)?.namespace ?? plane;

function frame(name: string, title: string, members: readonly number[]) {
  return {
    name,
    graphAttributes: { label: label([`plane ${title}`]), class: 'plane', style: 'rounded', labeljust: 'l', margin: 14 },
    nodes: members.map((index) => ({ name: String(index) })),
  };
}

/** Keeps what serves the proxies of a plane below them, so that nothing stands between those who talk. */
function lowerRow(boxes: readonly Box[], members: readonly number[]) {
  const proxy = members.find((index) => boxes[index]?.kind === 'proxy');
  if (proxy === undefined) return [];
  return members
    .filter((index) => ['secret', 'istiod'].includes(boxes[index]?.kind ?? ''))
    .map((index) => ({ tail: String(index), head: String(proxy), attributes: { style: 'invis' } }));
}

function boxAttributes(graph: TrustGraph, box: Box) {
  const home = box.plane === undefined ? undefined : planeName(graph, box.plane);
  const { title, details } = textOf(box, home);
  const isWrong = box.members.some(({ problem }) => problem !== undefined);
  const classes = [box.kind, `title-${title.length}`, ...(isWrong ? ['problem'] : [])];
  return { label: label([...title, ...details]), class: classes.join(' ') };
}

function edgeOf({ from, to, kind, verdict }: Arrow, boxes: readonly Box[]) {
  const [tail, head] = [String(from), String(to)];
  if (verdict === undefined) {
    const arrowhead = kind === 'trusts' ? 'empty' : kind === 'holds' ? 'dot' : 'normal';
    const attributes = { class: kind, style: kind === 'signedBy' ? 'solid' : 'dotted' };
    // A ConfigMap stands above the root it spreads, out of the way of those who talk.
    if (boxes[from]?.kind === 'configMap')
      return { tail: head, head: tail, attributes: { ...attributes, dir: 'back', arrowtail: arrowhead } };
    return { tail, head, attributes: { ...attributes, arrowhead } };
  }
  const words = label([` ${mark(verdict)} ${verdictWords(verdict)} `]);
  const style = verdict === 'trusted' ? 'solid' : 'dashed';
  const attributes = { class: `talk ${toneOf(verdict)}`, penwidth: 2, style };
  // An istiod stands below those that call it, which is where the tail of an edge is.
  if (kind !== 'workload') return { tail: head, head: tail, attributes: { ...attributes, label: words, dir: 'back' } };
  // Proxies keep the places that follow from who signed them. With a label instead of an `xlabel`, such edges between
  // frames crash Graphviz 16.1 (memory access out of bounds) about once in a hundred graphs.
  return { tail, head, attributes: { ...attributes, xlabel: words, constraint: false } };
}

/** Lines of text as a label: none of their backslashes or ampersands means anything to Graphviz. */
const label = (lines: readonly string[]): string =>
  lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll('&', '&amp;')).join('\\n');
