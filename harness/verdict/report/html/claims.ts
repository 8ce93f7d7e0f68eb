import { html } from 'hono/html';
import type { ClaimResult, ConformanceReport } from '../model.ts';
import { duration } from '../../../common/text.ts';
import { evidenceFold, type ReadEvidence, excerptsOf } from './evidence.ts';
import type { Html } from './page.ts';
import { badge } from './parts.ts';
import { STATUS_WORDS } from './words.ts';

/** Every claim by group, with its sentence, source, verdict, duration and evidence. */
export async function claimGroups({ claims }: ConformanceReport, readEvidence: ReadEvidence): Promise<Html> {
  const excerpts = await excerptsOf(claims, readEvidence);
  const groups = Map.groupBy(claims, ({ group }) => group);
  return html`${[...groups].map(
    ([group, members]) =>
      html`<h3>
          ${group}
          <span class="soft"
            >${members.filter(({ status }) => status === 'passed').length} of ${members.length} passed</span
          >
        </h3>
        <ul class="claims">
          ${members.map((claim) => {
            const isFailed = claim.status === 'failed';
            return html`<li id="${anchorOf(claim, claims)}" class="claim ${isFailed ? 'failed' : ''}">
              <p class="claim-head">
                ${statusBadge(claim)} <code>${claim.id}</code>
                <span class="soft">${duration(claim.durationMs)} · ${claim.level}</span>
              </p>
              <p>${claim.sentence}</p>
              ${claim.reason !== undefined && html`<p class="reason">${claim.reason}</p>`}
              <p class="soft source">Source: ${linked(claim.source)}</p>
              ${excerpts.get(claim)?.map((excerpt) => evidenceFold(excerpt, isFailed))}
            </li>`;
          })}
        </ul>`,
  )}`;
}

export function statusBadge({ status }: ClaimResult): Html {
  const { tone, mark, words } = STATUS_WORDS[status];
  return badge(tone, mark, words);
}

/** Id of a claim's element. */
export const anchorOf = (claim: ClaimResult, claims: readonly ClaimResult[]): string =>
  `claim-${claims.indexOf(claim) + 1}`;

/** A text with its web addresses as links. */
function linked(text: string): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"«»]+[^\s<>"«»,.;:)])/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<a href="${part}">${part}</a>` : part))}`;
}
