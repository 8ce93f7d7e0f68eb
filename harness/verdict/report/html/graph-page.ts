import { html } from 'hono/html';
import { type Outcome, outcomeOf } from '../../trust/graph/outcome.ts';
import type { TrustGraph } from '../../trust/graph/model.ts';
import { mapStrings, plain } from '../../../common/text.ts';
import { chainList } from './chains.ts';
import { brokenEdges } from './edges.ts';
import { graphFigure, legend, summary } from './graph-section.ts';
import { page, type Section } from './page.ts';
import { facts as factList, moment, sentences } from './parts.ts';
import type { Tone } from './words.ts';

export interface GraphFacts {
  /** What the graph is of, such as the cluster's name. */
  title: string;
  /** Names and values for the head of the page, such as the context of the kubeconfig. */
  facts?: [name: string, value: string][];
}

const HEADS: Record<Outcome, readonly [tone: Tone, mark: string, words: string]> = {
  broken: ['bad', '✖', 'Trust is broken'],
  'nothing-judged': ['open', '?', 'Nothing was judged'],
  'ends-soon': ['bad', '✖', 'A CA ends soon'],
  'breaks-at-restart': ['open', '!', 'No broken edge, until the next restart'],
  'partly-unseen': ['open', '?', 'No broken edge, as far as seen'],
  trusted: ['good', '✔', 'No broken edge'],
};

/** One trust graph as an HTML file that needs nothing else: the verdict, broken edges in words, drawing and chains. */
export async function renderGraphPage(untidy: TrustGraph, about: GraphFacts): Promise<string> {
  const graph = mapStrings(untidy, plain);
  const { title, facts = [] } = mapStrings(about, plain);
  const outcome = outcomeOf(graph);
  const isBroken = outcome === 'broken';
  const [tone, mark, words] = HEADS[outcome];
  const sections: (Section | undefined)[] = [
    isBroken ? { id: 'broken', title: 'What is broken', content: brokenEdges(graph) } : undefined,
    graph.atRestart && { id: 'restart', title: 'At the next restart', content: sentences(graph.atRestart) },
    { id: 'graph', title: 'Trust graph', content: html`${legend()} ${await graphFigure(graph, 'drawing', title)}` },
    { id: 'chains', title: 'Certificate chains', content: chainList(graph, title) },
  ];
  return page(
    `${mark} ${words}: ${title}`,
    html`<p class="soft">meshtrust audit</p>
      <h1 class="verdict ${tone}"><span class="mark" aria-hidden="true">${mark}</span> ${words}</h1>
      <p class="lead">${title}: ${summary(graph)}</p>
      ${factList([...facts, ['Seen', moment(graph.at)]])}`,
    sections.filter((section) => section !== undefined),
    html`<p>Made by meshtrust.</p>`,
  );
}
