import { html } from 'hono/html';
import { isBroken } from '../../trust/graph/graph.ts';
import type { TrustGraph } from '../../trust/graph/model.ts';
import { mapStrings, plain } from '../../../common/text.ts';
import { chainList } from './chains.ts';
import { brokenEdges } from './edges.ts';
import { graphFigure, legend, summary } from './graph-section.ts';
import { page, type Section } from './page.ts';
import { facts as factList, moment } from './parts.ts';

export interface GraphFacts {
  /** What the graph is of, such as the cluster's name. */
  title: string;
  /** Names and values for the head of the page, such as the context of the kubeconfig. */
  facts?: [name: string, value: string][];
}

/** One trust graph as an HTML file that needs nothing else: the verdict, broken edges in words, drawing and chains. */
export async function renderGraphPage(untidy: TrustGraph, about: GraphFacts): Promise<string> {
  const graph = mapStrings(untidy, plain);
  const { title, facts = [] } = mapStrings(about, plain);
  const isWhole = !graph.conversations.some(isBroken);
  const [tone, mark, words] = isWhole
    ? (['good', '✔', 'No broken edge'] as const)
    : (['bad', '✖', 'Trust is broken'] as const);
  const sections: (Section | undefined)[] = [
    isWhole ? undefined : { id: 'broken', title: 'What is broken', content: brokenEdges(graph) },
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
