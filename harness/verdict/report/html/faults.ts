import { html } from 'hono/html';
import type { ClaimResult } from '../model.ts';
import { anchorOf } from './claims.ts';
import type { Html } from './page.ts';
import { scrolling } from './parts.ts';

/** What is wrong about each proxy or workload, over all claims: one that many claims name is where to look first. */
export function faultsByWhom(claims: readonly ClaimResult[]): Html | undefined {
  const faults = claims.flatMap((claim) =>
    (claim.faults ?? []).flatMap(({ about, sentence }) => (about === undefined ? [] : [{ about, sentence, claim }])),
  );
  if (faults.length === 0) return undefined;
  const byWhom = [...Map.groupBy(faults, ({ about }) => about)].sort(([, a], [, b]) => b.length - a.length);
  return html`<h3>By proxy and workload</h3>
    ${scrolling(
      'What is wrong, by proxy and workload',
      html`<table>
        <thead>
          <tr>
            <th scope="col">About</th>
            <th scope="col">Claim</th>
            <th scope="col">What is wrong</th>
          </tr>
        </thead>
        <tbody>
          ${byWhom.flatMap(([about, all]) =>
            all.map(
              ({ claim, sentence }, index) =>
                html`<tr>
                  ${index === 0 && html`<th scope="rowgroup" rowspan="${all.length}">${about}</th>`}
                  <td>
                    <a href="#${anchorOf(claim, claims)}"><code>${claim.id}</code></a>
                  </td>
                  <td>${sentence}</td>
                </tr>`,
            ),
          )}
        </tbody>
      </table>`,
    )}`;
}
