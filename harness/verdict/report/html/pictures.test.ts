import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { fixture, ROOT } from '../../../common/paths.ts';
import { type RecordedCertificates, readCertificates } from '../../judges/proxy-certificates.ts';
import type { HeldByProxy } from '../../../observations/proxy.ts';
import type { PlaneName } from '../../../observations/planes.ts';
import { trustGraph } from '../../trust/graph/graph.ts';
import type { GraphNode, TrustGraph } from '../../trust/graph/model.ts';
import type { ObservedPlane, ObservedProxy } from '../../trust/graph/observation.ts';
import { drawGraph } from './drawing/svg.ts';

// The pictures of the README: labs as they were recorded, judged by the graph's own judge and drawn as report.html
// draws them. `npx vitest run --project unit harness/verdict/report/html/pictures.test.ts --update` writes them anew.

const PICTURES = [
  {
    name: 'split',
    recorded: 'trust.split.roots-differ',
    title: 'The split: two planes, two roots',
    description:
      'Each plane is its own root. The gateway and the sidecars of Bookinfo refuse each other: unknown issuer. ' +
      'The sidecars trust each other.',
  },
  {
    name: 'joined',
    recorded: 'trust.manual.chain',
    title: 'Joined: two planes under one root',
    description:
      'Each plane has an intermediate of its own, and both are signed by one root that everybody trusts. ' +
      'The gateway and the sidecars of Bookinfo trust each other.',
  },
];

it.each(PICTURES)('draws $name', async (picture) => {
  await expect(await draw(picture)).toMatchFileSnapshot(join(ROOT, 'docs', `${picture.name}.svg`));
});

it.each(PICTURES)('has $name stand alone', async (picture) => {
  const svg = await draw(picture);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  expect(svg).toContain('<style>:root {');
  // Nothing is fetched, nothing runs, and XML knows all that is in it.
  expect(svg).not.toMatch(/<script|<foreignObject|href=|src=|url\(|@import|light-dark|\son\w+=/i);
  expect(svg).not.toMatch(/&(?!(?:amp|lt|gt|quot|#\d+);)/);
  expect(svg).not.toMatch(/[^\P{Cc}\n]/u);
});

it('shows who refuses whom in the split, and nobody once the planes are joined', () => {
  const verdicts = ({ conversations }: TrustGraph) => conversations.map(({ verdict }) => verdict);
  expect(verdicts(recordedGraph('trust.split.roots-differ'))).toEqual(['unknown-issuer', 'trusted']);
  expect(verdicts(recordedGraph('trust.manual.chain'))).toEqual(['trusted', 'trusted']);
});

const PLANES: Record<PlaneName, Pick<ObservedPlane, 'id' | 'namespace' | 'revision'>> = {
  mesh: { id: 'istio-system/istiod', namespace: 'istio-system', revision: '' },
  gateway: {
    id: 'openshift-ingress/istiod-openshift-gateway',
    namespace: 'openshift-ingress',
    revision: 'openshift-gateway',
  },
};
/** Of both planes when the evidence was recorded. */
const VERSION = '1.29.1';
/** The probe inside the mesh is the harness's own. */
const PROBE = 'probe-inside';

async function draw({ name, recorded, title, description }: (typeof PICTURES)[number]): Promise<string> {
  const drawing = await drawGraph(recordedGraph(recorded), { id: name, title, description });
  if ('why' in drawing) throw new Error(drawing.why);
  expect(drawing.left).toBe(0);
  return standingAlone(String(await drawing.svg));
}

/** The trust graph of a lab by what its proxies held, which is all that was recorded for a claim. */
function recordedGraph(claim: string): TrustGraph {
  const file = fixture('recorded', 'openshift-4.22', claim, 'observation.yaml');
  const seen = parse(readFileSync(file, 'utf8')) as RecordedCertificates;
  const held = readCertificates(seen).filter(({ proxy }) => proxy.namespace !== PROBE);
  const graph = trustGraph({
    at: new Date(seen.at),
    planes: Object.values(PLANES).map(planeOf),
    proxies: held.map((one) => proxyOf(one, new Date(seen.at))),
    bundles: [],
    authorities: [],
    webhooks: [],
    unseen: [],
    beside: [],
  });
  return {
    ...graph,
    nodes: graph.nodes.map(withoutProblemOfIstiod),
    conversations: graph.conversations.filter(({ channel }) => channel === 'workload'),
  };
}

const planeOf = (plane: (typeof PLANES)[PlaneName]): ObservedPlane => ({
  ...plane,
  version: VERSION,
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  alsoAdmits: [],
  serverName: `istiod.${plane.namespace}.svc`,
  serving: undefined,
  replicas: [],
  issues: true,
  keepsOwnCacerts: false,
  rootMapName: 'istio-ca-root-cert',
});

const proxyOf = ({ proxy, chain, roots }: HeldByProxy, at: Date): ObservedProxy => ({
  id: `${proxy.namespace}/${proxy.name}`,
  namespace: proxy.namespace,
  name: proxy.name,
  app: proxy.name.replace(/-(?:v\d|openshift-default)-.*$/, ''),
  kind: proxy.plane === 'gateway' ? 'gateway' : 'sidecar',
  serviceAccount: proxy.serviceAccount,
  plane: PLANES[proxy.plane].id,
  version: VERSION,
  seenBy: 'admin',
  serves: proxy.plane === 'mesh',
  externalCa: undefined,
  seenAt: at,
  rootsByDomain: undefined,
  revocation: undefined,
  problem: undefined,
  bundle: undefined,
  chain: [...chain],
  roots: [...roots],
});

/** What an istiod presents to agents is no part of that evidence, so its absence is nothing to be warned of. */
function withoutProblemOfIstiod({ problem, ...node }: GraphNode): GraphNode {
  return node.kind === 'istiod' || problem === undefined ? node : { ...node, problem };
}

/** With the page's rules for drawings in their light colours: an image has no page around it to take them from. */
function standingAlone(svg: string): string {
  const style = readFileSync(new URL('style.css', import.meta.url), 'utf8')
    .replace(/light-dark\((#\w+), #\w+\)/g, '$1')
    .replace('color-scheme: light dark', 'color-scheme: light');
  const rules = [...style.matchAll(/^(?::root|\.graph)\b[^{}]*\{[^}]*\}/gm)].map(([rule]) => rule);
  const ground = '<rect width="100%" height="100%" style="fill: var(--surface)" />';
  const [opening = ''] = /^<svg[^>]*>/.exec(svg) ?? [];
  const head = opening.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"').replace(/\s+/g, ' ');
  return `${head}\n<style>${rules.join('\n')}</style>\n${ground}${svg.slice(opening.length)}\n`;
}
