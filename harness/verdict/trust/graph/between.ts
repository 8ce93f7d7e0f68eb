import type { GraphNode, TrustGraph } from './model.ts';

/** What a person calls an end: a namespace, an app, or the id of a plane or pod. */
const isCalled = ({ id, namespace, label, plane }: GraphNode, name: string): boolean =>
  [id, namespace, label, plane].includes(name);

/**
 * A graph with only those edges that lead between two ends, either way, and to the istiods of their proxies, the API
 * server's too; all nodes stay.
 * For meshes of which it is known that the others never talk. Undefined where one of the names is nobody's.
 */
export function edgesBetween(graph: TrustGraph, [one, other]: readonly [string, string]): TrustGraph | undefined {
  const idsOf = (name: string) => new Set(graph.nodes.filter((node) => isCalled(node, name)).map(({ id }) => id));
  const [here, there] = [idsOf(one), idsOf(other)];
  if (here.size === 0 || there.size === 0) return undefined;
  const planes = new Set(graph.nodes.flatMap(({ id, plane }) => (here.has(id) || there.has(id) ? (plane ?? []) : [])));
  const conversations = graph.conversations.flatMap((conversation) => {
    const { channel, from, to } = conversation;
    if (channel === 'webhook') return to.some((id) => planes.has(id)) ? [conversation] : [];
    if (channel === 'control') {
      const clients = from.filter((id) => here.has(id) || there.has(id));
      return clients.length === 0 ? [] : [{ ...conversation, from: clients }];
    }
    return [
      [here, there],
      [there, here],
    ].flatMap(([clients, servers]) => {
      const ends = { from: from.filter((id) => clients?.has(id)), to: to.filter((id) => servers?.has(id)) };
      return ends.from.length === 0 || ends.to.length === 0 ? [] : [{ ...conversation, ...ends }];
    });
  });
  return { ...graph, conversations: one === other ? unique(conversations) : conversations };
}

/** An end to itself is one edge, not one each way. */
const unique = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];
