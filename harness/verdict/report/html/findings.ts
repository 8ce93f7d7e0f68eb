import { html } from 'hono/html';
import { isBroken } from '../../trust/graph/graph.ts';
import type { ConformanceReport, GraphSnapshot } from '../model.ts';
import { anchorOf, statusBadge } from './claims.ts';
import { brokenEdges } from './edges.ts';
import { faultsByWhom } from './faults.ts';
import type { Html } from './page.ts';
import { namesIn, verdictWords } from './words.ts';

/** What a reader of a red run needs first: what ended it, which claims failed and why, which edge broke. */
export function findings(report: ConformanceReport): Html | undefined {
  const { failure, claims, result } = report;
  const failed = claims.filter(({ status }) => status === 'failed');
  if (failure === undefined && result === 'conformant') return undefined;
  return html`
    ${
      failure !== undefined &&
      html`<div class="card bad">
        <p class="ends">
          <strong>The run ended early, in «${failure.phase}»</strong> <span class="soft">${failure.kind}</span>
        </p>
        <p class="reason">${failure.message}</p>
      </div>`
    }
    ${
      failed.length > 0 &&
      html`<ul class="edges">
        ${failed.map(
          (claim) =>
            html`<li class="card bad">
              <p class="claim-head">
                ${statusBadge(claim)} <a href="#${anchorOf(claim, claims)}"><code>${claim.id}</code></a>
              </p>
              <p>${claim.sentence}</p>
              <p class="reason">${claim.reason}</p>
            </li>`,
        )}
      </ul>`
    }
    ${faultsByWhom(claims)}
    ${
      failure === undefined &&
      failed.length === 0 &&
      html`<p>No claim failed, but the run has no verdict: some core claims have no result.</p>`
    }
    ${tellingGraphs(report).map(
      ({ title, graph }) =>
        html`<h3>Broken ${title}</h3>
          ${brokenEdges(graph)}`,
    )}
  `;
}

/** The broken edges of a red run, a line each: what the head of the page says of them. */
export function brokenLines(report: ConformanceReport): string[] {
  if (report.result === 'conformant') return [];
  return tellingGraphs(report).flatMap(({ title, graph }) => {
    const names = namesIn(graph);
    return graph.conversations
      .filter(isBroken)
      .map(({ from, to, verdict }) => `${title}, ${names(from)} → ${names(to)}: ${verdictWords(verdict)}`);
  });
}

/**
 * The graphs whose broken edges are news: those after a remedy, which should have none; where there is no such, the
 * last one. That the split is broken is its nature.
 */
function tellingGraphs({ graphs }: ConformanceReport): GraphSnapshot[] {
  const broken = graphs.filter(({ graph }) => graph.conversations.some(isBroken));
  const afterRemedy = broken.filter(({ remedy }) => remedy !== undefined);
  if (afterRemedy.length > 0) return afterRemedy;
  return broken.filter((snapshot) => snapshot === graphs.at(-1));
}
