import { html } from 'hono/html';
import { isBroken } from '../../trust/graph/graph.ts';
import type { TrustGraph } from '../../trust/graph/model.ts';
import { drawGraph } from './drawing/svg.ts';
import { conversationTable } from './edges.ts';
import { moment, scrolling, sentences } from './parts.ts';
import type { Html } from './page.ts';
import { counted, namesIn, verdictWords } from './words.ts';

/** One trust graph: drawn, and as a table. `id` is unique in the page. */
export async function graphFigure(graph: TrustGraph, id: string, title: string): Promise<Html> {
  const drawing = await drawGraph(graph, { id, title: `Trust graph: ${title}`, description: describeGraph(graph) });
  return html`<p class="soft">${summary(graph)} Seen ${moment(graph.at)}.</p>
    ${figure(drawing, title)}
    <details>
      <summary>The same as a table</summary>
      ${conversationTable(graph, title)}
    </details>
    ${listed('Not seen:', graph.unseen)} ${listed('Beside the edges:', graph.beside ?? [])}`;
}

const listed = (title: string, said: readonly string[]): Html | false =>
  said.length > 0 &&
  html`<p>${title}</p>
    ${sentences(said)}`;

function figure(drawing: Awaited<ReturnType<typeof drawGraph>>, title: string): Html {
  if ('why' in drawing) return html`<p>There is no drawing. ${drawing.why} The table has everything.</p>`;
  const rest = html`<figcaption class="soft">
    ${counted(drawing.left, 'line')} more than fit: see the table.
  </figcaption>`;
  return html`<figure>${scrolling(`Drawing: ${title}`, drawing.svg)} ${drawing.left > 0 && rest}</figure>`;
}

/** `1 of 4 conversations is broken.` */
export function summary({ conversations }: TrustGraph): string {
  const broken = conversations.filter(isBroken).length;
  const unseen = conversations.filter(({ verdict }) => verdict === 'not-seen').length;
  const rest = unseen > 0 ? `; ${unseen} could not be seen` : '';
  if (conversations.length === 0) return 'Nobody was seen who talks to anybody.';
  if (broken === 0) return `None of ${counted(conversations.length, 'conversation')} is broken${rest}.`;
  return `${broken} of ${counted(conversations.length, 'conversation')} ${broken === 1 ? 'is' : 'are'} broken${rest}.`;
}

/** What a drawing shows, for those who do not see it. */
function describeGraph(graph: TrustGraph): string {
  const names = namesIn(graph);
  const kinds = (kind: string) => graph.nodes.filter((node) => node.kind === kind).length;
  const seen = `${counted(kinds('istiod'), 'plane')}, ${counted(kinds('proxy'), 'proxy', 'proxies')}, ${counted(kinds('root'), 'root')}.`;
  const broken = graph.conversations
    .filter(isBroken)
    .map(({ from, to, verdict }) => `${names(from)} to ${names(to)}: ${verdictWords(verdict)}.`);
  return [seen, summary(graph), ...broken, 'The table below says the same.'].join(' ');
}

const LINE = 'M2 7H38';

/** What the lines of all drawings mean. */
export const legend = (): Html =>
  html`<ul class="legend" aria-label="Lines of the drawings">
    ${[
      ['talk good', 'talk and trust each other'],
      ['talk bad', 'talk, and one refuses the other'],
      ['talk open', 'talk; not seen how'],
      ['signedBy', 'signed by'],
      ['trusts', 'trusts'],
      ['holds', 'holds the key of'],
    ].map(
      ([kind, words]) =>
        html`<li>
          <svg class="graph" width="40" height="14" aria-hidden="true">
            <g class="edge ${kind}"><path d="${LINE}" /></g>
          </svg>
          ${words}
        </li>`,
    )}
  </ul>`;
