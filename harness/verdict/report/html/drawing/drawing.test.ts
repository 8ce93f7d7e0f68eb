import { expect, it } from 'vitest';
import { buildReport } from '../../build.ts';
import { EXAMPLE } from '../../testing/example.ts';
import type { Conversation, GraphNode, TrustGraph } from '../../../trust/graph/model.ts';
import { foldGraph } from './fold.ts';
import { drawGraph } from './svg.ts';

const { graph: SPLIT } = buildReport(EXAMPLE).graphs[0]!;
const TEXT = { id: 'graph-1', title: 'title', description: 'description' };

async function draw(graph: TrustGraph): Promise<string> {
  const drawing = await drawGraph(graph, TEXT);
  return 'svg' in drawing ? String(await drawing.svg) : drawing.why;
}
const textsOf = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, text = '']) => text.replaceAll('&#45;', '-'));

/** Sidecars of one plane that all talk to each other; `kinds` of them differ in the root they trust. */
function mesh(size: number, kinds: number): TrustGraph {
  const roots = Array.from({ length: kinds }, (_, index): GraphNode => {
    const certificate = index.toString(16).padStart(64, '0');
    return { id: certificate, kind: 'root', label: `root ${index}`, certificate };
  });
  const proxies = Array.from({ length: size }, (_, index): GraphNode => {
    return { id: `apps/p${index}`, kind: 'proxy', label: `app ${index % 7}`, plane: 'mesh/istiod', detail: 'sidecar' };
  });
  const of = (kind: number) => proxies.filter((_, index) => index % kinds === kind).map(({ id }) => id);
  const conversations = roots.flatMap((_, client) =>
    roots.map((_, server): Conversation => ({
      channel: 'workload',
      from: of(client),
      to: of(server),
      verdict: client === server ? 'trusted' : 'unknown-issuer',
      reason: '',
      roots: { client: [], server: [] },
      remedies: [],
    })),
  );
  return {
    at: '',
    nodes: [{ id: 'mesh/istiod', kind: 'istiod', label: 'istiod', namespace: 'mesh' }, ...roots, ...proxies],
    links: proxies.map(({ id }, index) => ({ from: id, to: roots[index % kinds]!.id, kind: 'trusts' })),
    conversations,
    certificates: [],
    unseen: [],
  };
}

it('draws planes, who is in them, and who refuses whom', async () => {
  const svg = await draw(SPLIT);
  expect(textsOf(svg)).toEqual(
    expect.arrayContaining([
      'plane istio-system',
      'productpage',
      'mesh-gateway',
      'b2b2b2b2b2b2b2b2',
      ' ✖ unknown issuer ',
    ]),
  );
  expect(svg).toContain('class="edge talk bad"');
  expect(svg).toMatch(/class="edge talk bad">\s*<path [^>]*stroke-dasharray/);
  expect(svg).toContain('role="img"');
  expect(svg).toMatch(/aria-labelledby="graph-1-title graph-1-text"[\s\S]*id="graph-1-title"[\s\S]*id="graph-1-text"/);
  expect([...svg.matchAll(/ id="/g)]).toHaveLength(2);
});

it('tells a trusted conversation from a refused one without colour', async () => {
  const [conversation] = SPLIT.conversations;
  const svg = await draw({ ...SPLIT, conversations: [{ ...conversation!, verdict: 'trusted' }] });
  expect(textsOf(svg)).toContain(' ✔ trusted ');
  expect(svg).not.toMatch(/class="edge talk good">\s*<path [^>]*stroke-dasharray/);
});

it.each(['say "no"', 'C:\\N \\G \\l', '<b>&amp;</b>', '</text></svg><script>'])('shows %s as it is', async (label) => {
  const nodes = SPLIT.nodes.map((node) => ({ ...node, label, namespace: label, detail: label, problem: label }));
  const escaped = label
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const texts = textsOf(await draw({ ...SPLIT, nodes }));
  for (const text of [escaped, `plane ${escaped}`, `⚠ ${escaped}`]) expect(texts).toContain(text);
});

it('keeps a label with line breaks, and one that is too long, in its box', async () => {
  const nodes = SPLIT.nodes.map((node) => ({ ...node, label: `one\ntwo ${'x'.repeat(500)}` }));
  const texts = textsOf(await draw({ ...SPLIT, nodes }));
  expect(texts).toContain('one two');
  for (const text of texts) expect(text.length).toBeLessThan(50);
});

it('makes one box of proxies that hold, trust and talk alike', () => {
  const { boxes, arrows } = foldGraph(mesh(200, 1));
  expect(boxes.map(({ kind, members }) => [kind, members.length])).toEqual([
    ['istiod', 1],
    ['root', 1],
    ['proxy', 200],
  ]);
  expect(boxes[2]?.among).toEqual(new Set(['trusted']));
  expect(arrows).toEqual([{ from: 2, to: 1, kind: 'trusts' }]);
});

it('folds what there is too much of, and says how many lines it leaves out', async () => {
  const graph = mesh(200, 50);
  const { boxes, arrows, left } = foldGraph(graph);
  expect(boxes.length).toBeLessThan(20);
  expect(boxes.flatMap(({ members }) => members)).toHaveLength(graph.nodes.length);
  expect(arrows.length + left).toBeGreaterThanOrEqual(arrows.length);
  const started = performance.now();
  const svg = await draw(graph);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(textsOf(svg)).toContain('184 × sidecar');
});

it('says why it does not draw what nobody could read', async () => {
  const planes = Array.from({ length: 101 }, (_, index): GraphNode => {
    return { id: `ns${index}/istiod`, kind: 'istiod', label: 'istiod', namespace: `ns${index}` };
  });
  const crowd = { ...SPLIT, nodes: planes, links: [], conversations: [] };
  expect(await draw(crowd)).toBe('Its 101 groups are too many to draw.');
});
