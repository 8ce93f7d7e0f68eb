import { html } from 'hono/html';
import type { ConformanceReport } from '../model.ts';
import { mapStrings, plain } from '../../../common/text.ts';
import { banner, countsLine, RESULTS } from './banner.ts';
import { chainList } from './chains.ts';
import { claimGroups } from './claims.ts';
import { remedyTable, timeline, upgradeTables } from './comparison.ts';
import type { ReadEvidence } from './evidence.ts';
import { link } from './evidence.ts';
import { findings } from './findings.ts';
import { graphFigure, legend } from './graph-section.ts';
import { type Html, page, type Section } from './page.ts';
import { facts, scrolling, sentences } from './parts.ts';
import { clip } from './words.ts';

/** Characters of any one text of the report. */
const TEXT_LIMIT = 10_000;

/**
 * The report as one HTML file that needs nothing else: no script, nothing fetched. `readEvidence` gives the text of a
 * file of evidence by its path in the report; of a long one the page shows the beginning and the end.
 */
export async function renderHtml(untidy: ConformanceReport, readEvidence: ReadEvidence): Promise<string> {
  const report = mapStrings(untidy, (text) => clip(plain(text), TEXT_LIMIT));
  const { words, mark } = RESULTS[report.result];
  const found = findings(report);
  const sections: (Section | undefined)[] = [
    found && { id: 'findings', title: 'What broke', content: found },
    some(report.graphs) && { id: 'graphs', title: 'Trust graphs', content: await graphs(report) },
    some(report.remedies) && { id: 'remedies', title: 'Remedies compared', content: remedyTable(report.remedies) },
    some(report.upgrades ?? []) && {
      id: 'upgrades',
      title: 'Upgrades',
      content: upgradeTables(report.upgrades ?? []),
    },
    some(report.phases) && { id: 'timeline', title: 'Timeline', content: timeline(report.phases) },
    some(report.claims) && { id: 'claims', title: 'Claims', content: await claimGroups(report, readEvidence) },
    some(report.graphs) && { id: 'chains', title: 'Certificate chains', content: chains(report) },
    { id: 'run', title: 'How it was run', content: howItWasRun(report) },
  ];
  const title = `${mark} ${words}: ${report.profile}, ${report.distribution}, ${report.run.id}`;
  return page(
    title,
    banner(report),
    sections.filter((section) => section !== undefined),
    html`<p>
      ${countsLine(report)} The same for programs: ${link('conformance.yaml')}, ${link('junit.xml')}. Made by meshtrust
      ${report.run.tool}.
    </p>`,
  );
}

const some = (list: readonly unknown[]): true | undefined => (list.length > 0 ? true : undefined);

async function graphs({ graphs }: ConformanceReport): Promise<Html> {
  const figures: Html[] = [];
  for (const [index, { title, graph }] of graphs.entries()) {
    figures.push(
      html`<article>
        <h3>${title}</h3>
        ${await graphFigure(graph, `drawing-${index + 1}`, title)}
      </article>`,
    );
  }
  const isComparison = graphs.some(({ remedy }) => remedy !== undefined);
  return html`${legend()}
  ${isComparison && html`<p>What is broken before a remedy is what the remedy is for; after it nothing may be.</p>`}
  ${figures}`;
}

function chains({ graphs }: ConformanceReport): Html {
  return html`${graphs.map(
    ({ title, graph }, index) =>
      html`<details class="fold" ${index === graphs.length - 1 && 'open'}>
        <summary><h3>${title}</h3></summary>
        ${chainList(graph, title)}
      </details>`,
  )}`;
}

function howItWasRun({ environment, implementation, notes, digest }: ConformanceReport): Html {
  return html`${some(notes) && html`<h3>Notes</h3>`} ${some(notes) && sentences(notes)}
    <h3>Environment</h3>
    ${facts([
      ['System', `${environment.os}, ${environment.arch}`],
      ['Size', `${environment.cpus} CPUs, ${environment.memoryGiB} GiB`],
      ['Container engine', environment.engine],
      ['Kubernetes', environment.kubernetes + (environment.nodes === undefined ? '' : `, ${environment.nodes} nodes`)],
      ['Node.js', environment.node],
    ])}
    <h3>Components</h3>
    ${scrolling(
      'Table of components',
      html`<table>
        <caption>
          What was tested, by version and image
        </caption>
        <thead>
          <tr>
            <th scope="col">Component</th>
            <th scope="col">Version</th>
            <th scope="col">Image and digest</th>
          </tr>
        </thead>
        <tbody>
          ${implementation.components.map(
            ({ name, version, image, digest }) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${version}</td>
                <td><code>${image}</code> <code>${digest}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
    <p class="soft">Digest of the report: <code>${digest}</code></p>`;
}
