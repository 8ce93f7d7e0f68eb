import { html } from 'hono/html';
import type { CertificateSummary, GraphNode, TrustGraph } from '../../trust/graph/model.ts';
import { moment, scrolling } from './parts.ts';
import type { Html } from './page.ts';
import { counted, countedLabels, short } from './words.ts';

/** Those whose leaves were issued along one way up to a root. */
interface Chain {
  holders: [GraphNode, ...GraphNode[]];
  /** The CAs, the issuer of the leaves first. */
  authorities: GraphNode[];
}

/** Every chain of a graph, `leaf ← intermediate ← root`, with the leaves that hang on it. */
export function chainList(graph: TrustGraph, title: string): Html {
  const certificates = new Map(graph.certificates.map((one) => [one.fingerprint, one]));
  const known = ({ certificate }: GraphNode) => (certificate === undefined ? undefined : certificates.get(certificate));
  const chains = chainsOf(graph);
  if (chains.length === 0) return html`<p>No certificate of a proxy or istiod was seen.</p>`;
  return html`${chains.map(({ holders, authorities }) => {
    const [first, ...others] = holders;
    const names = countedLabels(holders.map(({ label }) => label));
    const leaves = html`<li class="card">
      <p class="soft">${holders.length} leaves</p>
      <p><strong>${names}</strong></p>
    </li>`;
    return html`<div class="chain-group">
      <ol class="chain" aria-label="Chain of ${names}">
        ${others.length === 0 ? card('leaf', first, known(first)) : leaves}
        ${authorities.map((authority) => card(authority.kind, authority, known(authority)))}
      </ol>
      ${
        others.length > 0 &&
        html`<details>
          <summary>${counted(holders.length, 'leaf', 'leaves')} of ${names}</summary>
          ${leafTable(holders, known, `Leaves of ${names}: ${title}`)}
        </details>`
      }
    </div>`;
  })}`;
}

/** Groups the holders of leaves by the way from their issuer up; a chain that nobody completes ends where it ends. */
function chainsOf({ nodes, links }: TrustGraph): Chain[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  // Of several CAs that signed one, the first: a chain is drawn as one line.
  const above = new Map(links.toReversed().flatMap(({ kind, from, to }) => (kind === 'signedBy' ? [[from, to]] : [])));
  const wayUp = (id: string): GraphNode[] => {
    const way = new Set<GraphNode>();
    for (let next = byId.get(above.get(id) ?? ''); next !== undefined && !way.has(next);) {
      way.add(next);
      next = byId.get(above.get(next.id) ?? '');
    }
    return [...way];
  };
  const holders = (['proxy', 'istiod'] as const).flatMap((kind) =>
    nodes.filter((node) => node.kind === kind && node.certificate !== undefined),
  );
  const ways = Map.groupBy(
    holders.map((holder) => ({ holder, way: wayUp(holder.id) })),
    ({ holder, way }) => JSON.stringify([holder.kind, ...way.map(({ id }) => id)]),
  );
  return [...ways.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [{ holders: [first.holder, ...others.map(({ holder }) => holder)], authorities: first.way }],
  );
}

function card(what: string, node: GraphNode, certificate: CertificateSummary | undefined): Html {
  return html`<li class="card">
    <p class="soft">${what}</p>
    <p><strong>${node.label}</strong></p>
    ${
      certificate === undefined
        ? html`<p class="soft">not seen</p>`
        : html`<p>${certificate.names.length > 0 ? certificate.names.join(', ') : certificate.subject}</p>
            <p class="soft">${certificate.key}, ${validity(certificate)}</p>
            <p><code>${short(certificate.fingerprint)}</code></p>`
    }
  </li>`;
}

function leafTable(
  holders: readonly GraphNode[],
  known: (node: GraphNode) => CertificateSummary | undefined,
  label: string,
): Html {
  return scrolling(
    label,
    html`<table>
      <caption class="unseen">
        ${label}
      </caption>
      <thead>
        <tr>
          <th scope="col">Holder</th>
          <th scope="col">Names</th>
          <th scope="col">Valid</th>
          <th scope="col">Key</th>
          <th scope="col">SHA-256</th>
        </tr>
      </thead>
      <tbody>
        ${holders.map((holder) => {
          const certificate = known(holder);
          return html`<tr>
            <th scope="row">${holder.id}</th>
            <td>${certificate?.names.join(', ') ?? 'not seen'}</td>
            <td>${certificate === undefined ? '' : validity(certificate)}</td>
            <td>${certificate?.key}</td>
            <td><code>${short(certificate?.fingerprint ?? '')}</code></td>
          </tr>`;
        })}
      </tbody>
    </table>`,
  );
}

const validity = ({ notBefore, notAfter }: CertificateSummary): Html =>
  html`<span class="validity">${moment(notBefore)} –</span> <span class="validity">${moment(notAfter)}</span>`;
