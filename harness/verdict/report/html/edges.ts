import { html } from 'hono/html';
import { isBroken } from '../../trust/graph/graph.ts';
import type { Conversation, TrustGraph } from '../../trust/graph/model.ts';
import { badge, scrolling, sentences } from './parts.ts';
import type { Html } from './page.ts';
import { counted, mark, namesIn, short, toneOf, verdictWords } from './words.ts';

const CHANNELS = {
  workload: 'workload to workload',
  control: 'agent to istiod',
  webhook: 'API server to istiod',
} as const;

/** Broken edges that are told one by one. */
const MOST_TOLD = 20;

/** The broken conversations of a graph in words: who refuses whom and why, both sides' roots, what mends it. */
export function brokenEdges(graph: TrustGraph): Html {
  const names = namesIn(graph);
  const root = rootsIn(graph);
  const broken = graph.conversations.filter(isBroken);
  const rest = broken.length - MOST_TOLD;
  return html`<ul class="edges">
      ${broken.slice(0, MOST_TOLD).map(
        (conversation) =>
          html`<li class="card bad">
            <p class="ends">
              <strong>${names(conversation.from)}</strong>
              <span aria-hidden="true">→</span><span class="unseen"> to </span>
              <strong>${names(conversation.to)}</strong>
              ${verdict(conversation)} <span class="soft">${CHANNELS[conversation.channel]}</span>
            </p>
            <p>${conversation.reason}</p>
            <dl class="roots">
              ${rootsOf(conversation).map(
                ([whose, fingerprints]) =>
                  html`<div>
                    <dt>${whose}</dt>
                    ${fingerprints.map((fingerprint) => html`<dd>${root(fingerprint)}</dd>`)}
                  </div>`,
              )}
            </dl>
            ${conversation.remedies.length > 0 && html`<p class="soft">What mends it:</p>`}
            ${conversation.remedies.length > 0 && sentences(conversation.remedies)}
          </li>`,
      )}
    </ul>
    ${rest > 0 && html`<p>${counted(rest, 'more broken edge')}: see the table of the graph.</p>`}`;
}

/** All conversations of a graph, the text alternative of its drawing. */
export function conversationTable(graph: TrustGraph, title: string): Html {
  const names = namesIn(graph);
  const root = rootsIn(graph);
  return scrolling(
    `Conversations: ${title}`,
    html`<table>
      <caption>
        Who may talk to whom, and whether they trust each other
      </caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">Verdict</th>
          <th scope="col">Why</th>
          <th scope="col">Roots</th>
        </tr>
      </thead>
      <tbody>
        ${graph.conversations.map(
          (conversation) =>
            html`<tr>
              <th scope="row">${names(conversation.from)}</th>
              <td>${names(conversation.to)}<br /><span class="soft">${CHANNELS[conversation.channel]}</span></td>
              <td>${verdict(conversation)}</td>
              <td class="prose">${conversation.reason}</td>
              <td>
                ${rootsOf(conversation).map(
                  ([whose, fingerprints]) =>
                    html`<div>
                      <span class="soft">${whose}:</span> ${fingerprints.map((one) => html`${root(one)} `)}
                    </div>`,
                )}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

const verdict = ({ verdict }: Conversation): Html => badge(toneOf(verdict), mark(verdict), verdictWords(verdict));

const CLIENTS = {
  workload: 'the client trusts',
  control: 'the agent trusts',
  webhook: 'the API server trusts',
} satisfies Record<Conversation['channel'], string>;

/** Whose roots, and their fingerprints. */
function rootsOf({ channel, roots }: Conversation): [string, string[]][] {
  const pairs: [string, string[]][] = [
    [CLIENTS[channel], roots.client],
    ['the server’s chain leads to', roots.serverIssuer === undefined ? [] : [roots.serverIssuer]],
    ['the server trusts', roots.server],
    ['the client’s chain leads to', roots.clientIssuer === undefined ? [] : [roots.clientIssuer]],
  ];
  return pairs.filter(([, fingerprints]) => fingerprints.length > 0);
}

/** A root by its name and the beginning of its fingerprint. */
function rootsIn({ certificates }: TrustGraph): (fingerprint: string) => Html {
  const subjects = new Map(certificates.map((one) => [one.fingerprint, one.subject]));
  return (fingerprint) =>
    html`<span class="root">${subjects.get(fingerprint) ?? 'a root'} <code>${short(fingerprint)}</code></span>`;
}
