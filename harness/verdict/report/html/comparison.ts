import { html } from 'hono/html';
import type { PhaseResult, RemedyResult, UpgradeResult } from '../model.ts';
import { duration } from '../../../common/text.ts';
import type { Html } from './page.ts';
import { badge, scrolling } from './parts.ts';

/** The remedies beside each other. */
export function remedyTable(remedies: readonly RemedyResult[]): Html {
  return scrolling(
    'Table of remedies',
    html`<table>
      <caption>
        What each remedy costs, from the state it was applied to
      </caption>
      <thead>
        <tr>
          <th scope="col">Remedy</th>
          <th scope="col">Applied to</th>
          <th scope="col" class="number">Restarts</th>
          <th scope="col" class="number">Applied in</th>
          <th scope="col" class="number">Converged in</th>
          <th scope="col" class="number">Requests lost</th>
          <th scope="col">Support</th>
        </tr>
      </thead>
      <tbody>
        ${remedies.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.remedy}</th>
              <td>${row.baseline}</td>
              <td class="number">${row.restarts}</td>
              <td class="number">${duration(row.applySeconds * 1000)}</td>
              <td class="number">${duration(row.convergeSeconds * 1000)}</td>
              <td class="number">${row.requestsLost ?? 'not measured'}</td>
              <td class="prose">${row.support}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

/** The upgrades beside each other, and below each what its proxies ran and held before and after. */
export function upgradeTables(upgrades: readonly UpgradeResult[]): Html {
  return html`${scrolling(
    'Table of upgrades',
    html`<table>
      <caption>
        Both planes, one after the other, while requests kept coming on new connections
      </caption>
      <thead>
        <tr>
          <th scope="col">Upgrade</th>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col" class="number">Took</th>
          <th scope="col" class="number">Requests</th>
          <th scope="col" class="number">Lost</th>
        </tr>
      </thead>
      <tbody>
        ${upgrades.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.upgrade}</th>
              <td>${row.from}</td>
              <td>${row.to}</td>
              <td class="number">${duration(row.seconds * 1000)}</td>
              <td class="number">${row.requests}</td>
              <td class="number">${row.requestsLost}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  )}
  ${upgrades.map(proxyTable)}`;
}

function proxyTable({ upgrade, proxies }: UpgradeResult): Html {
  return html`<details>
    <summary>Proxies: ${upgrade}</summary>
    ${scrolling(
      `Table of proxies, ${upgrade}`,
      html`<table>
        <thead>
          <tr>
            <th scope="col">Proxy</th>
            <th scope="col">Istio</th>
            <th scope="col">Envoy</th>
            <th scope="col">Issuer</th>
            <th scope="col">Root</th>
          </tr>
        </thead>
        <tbody>
          ${proxies.map(
            ({ plane, app, before, after }) =>
              html`<tr>
                <th scope="row">${app} (${plane})</th>
                ${(['istio', 'envoy', 'issuer', 'root'] as const).map(
                  (what) => html`<td>${changed(before[what], after[what])}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
  </details>`;
}

const changed = (before: string, after: string): string => (before === after ? after : `${before} → ${after}`);

/** Units of a bar's whole width. */
const WIDTH = 1000;

/** The phases of a run with a bar each, all on one scale. */
export function timeline(phases: readonly PhaseResult[]): Html {
  const spans = phases.map((phase) => ({ ...phase, from: Date.parse(phase.started) / 1000 || 0 }));
  const begin = Math.min(...spans.map(({ from }) => from));
  const total = Math.max(...spans.map(({ from, seconds }) => from + seconds)) - begin || 1;
  const units = (seconds: number) => ((seconds / total) * WIDTH).toFixed(1);
  return html`<table class="timeline">
    <caption>
      ${duration(total * 1000)} from the first phase to the last
    </caption>
    <thead>
      <tr>
        <th scope="col">Phase</th>
        <th scope="col" class="number">Began at</th>
        <th scope="col" class="number">Took</th>
      </tr>
    </thead>
    <tbody>
      ${spans.map(
        ({ name, from, seconds, outcome }) =>
          html`<tr>
            <th scope="row">
              ${name} ${outcome === 'failed' && badge('bad', '✖', 'failed')}
              <svg class="bar ${outcome}" viewBox="0 0 ${WIDTH} 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="${WIDTH}" height="8" />
                <rect x="${units(from - begin)}" width="${Math.max(Number(units(seconds)), 3)}" height="8" />
              </svg>
            </th>
            <td class="number">+${duration((from - begin) * 1000)}</td>
            <td class="number">${duration(seconds * 1000)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
