import { html } from 'hono/html';
import type { ClaimStatus, ConformanceReport } from '../model.ts';
import { duration } from '../../../common/text.ts';
import type { Html } from './page.ts';
import { brokenLines } from './findings.ts';
import { facts, moment } from './parts.ts';
import { counted, STATUS_WORDS } from './words.ts';

export const RESULTS = {
  conformant: { tone: 'good', mark: '✔', words: 'Conformant' },
  notConformant: { tone: 'bad', mark: '✖', words: 'Not conformant' },
  incomplete: { tone: 'open', mark: '–', words: 'Incomplete: no verdict' },
} as const;

/** The verdict, how it came about in numbers, and of what. */
export function banner(report: ConformanceReport): Html {
  const { tone, mark, words } = RESULTS[report.result];
  const { run, implementation } = report;
  const took = Date.parse(run.finished) - Date.parse(run.started);
  return html`<p class="soft">meshtrust: trust between Istio control planes</p>
    <h1 class="verdict ${tone}"><span class="mark" aria-hidden="true">${mark}</span> ${words}</h1>
    <p class="lead">${countsLine(report)}</p>
    ${broken(report)} ${proportions(report)}
    ${facts([
      ['Profile', report.profile],
      ['Distribution', report.distribution],
      ...implementation.planes.map(
        ({ name, namespace, version }) => [`Plane ${name}`, `Istio ${version} in ${namespace}`] as const,
      ),
      ['Supply', `${report.supply}: ${report.supplyReason}`],
      ['Run', run.id],
      ['Shard', run.shard],
      ['Started', moment(run.started)],
      ['Took', Number.isNaN(took) ? undefined : duration(took)],
    ])}`;
}

/** Broken edges that the head of the page names. */
const LINES_SHOWN = 3;

function broken(report: ConformanceReport): Html | undefined {
  const lines = brokenLines(report);
  if (lines.length === 0) return undefined;
  const rest = lines.length > LINES_SHOWN ? [counted(lines.length - LINES_SHOWN, 'more broken edge')] : [];
  return html`<ul class="broken">
    ${[...lines.slice(0, LINES_SHOWN), ...rest].map((line) => html`<li>${line}</li>`)}
  </ul>`;
}

const statuses = Object.keys(STATUS_WORDS) as ClaimStatus[];

/** `2 of 29 claims failed, 27 passed`. */
export function countsLine({ claims, summary }: ConformanceReport): string {
  const parts = statuses
    .filter((status) => summary[status] > 0)
    .map((status, index) => {
      const of = index === 0 ? ` of ${counted(claims.length, 'claim')}` : '';
      return `${summary[status]}${of} ${STATUS_WORDS[status].words}`;
    });
  return parts.length === 0 ? 'No claim was judged.' : `${parts.join(', ')}.`;
}

/** How many claims had which outcome, as a bar; the sentence above it says the same. */
function proportions({ claims, summary }: ConformanceReport): Html {
  let from = 0;
  const rects = statuses.map((status) => {
    const x = from;
    from += summary[status];
    return html`<rect class="${STATUS_WORDS[status].tone}" x="${x}" width="${summary[status]}" height="1" />`;
  });
  return html`<svg
    class="proportions"
    viewBox="0 0 ${claims.length || 1} 1"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    ${rects}
  </svg>`;
}
