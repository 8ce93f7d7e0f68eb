import { styleText } from 'node:util';
import { inert, mapStrings } from '../common/text.ts';
import { brokenConversations } from '../verdict/trust/graph/graph.ts';
import { endingWithin, hiddenNodes, type OutcomeOptions, outcomeOf } from '../verdict/trust/graph/outcome.ts';
import type {
  CertificateSummary,
  Conversation,
  GraphLink,
  GraphNode,
  TrustGraph,
} from '../verdict/trust/graph/model.ts';
import { inColumns } from '../verdict/report/columns.ts';

export interface TableOptions extends OutcomeOptions {
  colour: boolean;
  /** Long lists are shown whole. */
  verbose: boolean;
}

/** What the two ends of an edge are called. */
const ENDS = {
  workload: ['clients', 'servers'],
  control: ['agents', 'istiod'],
  webhook: ['API server', 'istiod'],
} as const satisfies Record<Conversation['channel'], [string, string]>;

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** How many lines of a list are shown before it is folded. */
const FOLD = 10;

/** A trust graph as a person reads it in a terminal: planes, proxies by root, what is broken, what was not seen. */
export function renderTable(graph: TrustGraph, options: TableOptions): string {
  return new Table(mapStrings(graph, oneLine), options).render();
}

/** Names come from the cluster: none of them may end a line, steer a terminal or give a CI system orders. */
const oneLine = (text: string): string => inert(text).replaceAll(/\s+/g, ' ');

class Table {
  readonly #graph: TrustGraph;
  readonly #options: TableOptions;
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #certificates: ReadonlyMap<string, CertificateSummary>;

  constructor(graph: TrustGraph, options: TableOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    this.#certificates = new Map(graph.certificates.map((one) => [one.fingerprint, one]));
  }

  render(): string {
    const sections = [
      this.#planes(),
      ...this.#proxies(),
      this.#broken(),
      this.#endingSoon(),
      this.#atRestart(),
      this.#unseen(),
      this.#beside(),
      this.#until(),
    ];
    const shown = sections.filter(({ length }) => length > 0).flatMap((lines) => [...lines, '']);
    return [...shown, this.#verdict(), ''].join('\n');
  }

  #planes(): string[] {
    const planes = this.#kind('istiod');
    if (planes.length === 0) return [];
    const heads = inColumns(
      planes.map((plane) => {
        const leaf = this.#certificate(plane.certificate);
        return [plane.id, plane.detail ?? '', leaf === undefined ? '' : `serves until ${minute(leaf.notAfter)}`];
      }),
    );
    const rows = planes.flatMap((plane, at) => [
      `  ${heads[at] ?? ''}${this.#problem(plane)}`,
      ...this.#kind('secret')
        .filter((secret) => secret.plane === plane.id)
        .map(
          (secret) => `    ${secret.detail ?? secret.label}: ${this.#ca(secret.certificate)}${this.#problem(secret)}`,
        ),
    ]);
    return [this.#title('Control planes'), ...rows];
  }

  /** Under each root those who trust it; who trusts several stands under all of them together. */
  #proxies(): string[][] {
    const trusts = this.#links('trusts');
    const rootsOf = ({ id }: GraphNode) => (trusts.get(id) ?? []).map((root) => this.#ca(root)).sort();
    const groups = Map.groupBy(this.#kind('proxy'), (proxy) => rootsOf(proxy).join(' and '));
    return [...groups].map(([roots, proxies]) => [
      this.#title(roots === '' ? 'Proxies whose roots were not seen' : `Proxies that trust ${roots}`),
      ...this.#folded(this.#rows(proxies)),
    ]);
  }

  #rows(proxies: readonly GraphNode[]): string[] {
    const issuers = this.#links('signedBy');
    const cells = proxies.map((proxy) => {
      const leaf = this.#certificate(proxy.certificate);
      const [issuer] = issuers.get(proxy.id) ?? [];
      const by = issuer === undefined ? `"${leaf?.issuer ?? ''}"` : this.#ca(issuer);
      return [proxy.detail ?? '', proxy.id, leaf === undefined ? '' : `issued by ${by} until ${minute(leaf.notAfter)}`];
    });
    return inColumns(cells).map((row, at) => `  ${row}${this.#problem(proxies[at])}`);
  }

  #broken(): string[] {
    const broken = brokenConversations(this.#graph);
    if (broken.length === 0) return [];
    return [this.#title('Broken'), ...broken.flatMap((conversation) => this.#conversation(conversation))];
  }

  #conversation({ channel, from, to, verdict, reason, roots, remedies }: Conversation): string[] {
    const side = (who: string, trusted: readonly string[], issuer: string | undefined) => {
      const trusts = trusted.length === 0 ? [] : [`trust in ${trusted.map((one) => this.#ca(one)).join(' and ')}`];
      const chain = issuer === undefined ? [] : [`chain to ${this.#ca(issuer)}`];
      return trusts.length + chain.length === 0 ? [] : [`      ${who}: ${[...trusts, ...chain].join(', ')}`];
    };
    const [clients, servers] = ENDS[channel];
    return [
      `  ${this.#paint('red', '✖')} ${this.#ends(from)} → ${this.#ends(to)}: ${this.#paint('red', verdict.replaceAll('-', ' '))}`,
      `      ${reason}`,
      ...side(clients, roots.client, roots.clientIssuer),
      ...side(servers, roots.server, roots.serverIssuer),
      ...remedies.map((remedy) => `      ${this.#paint('green', '→')} ${remedy}`),
    ];
  }

  /** `gateway mesh-gateway (openshift-ingress)`, `sidecars details, ratings, reviews ×3 (bookinfo)` */
  #ends(ids: readonly string[]): string {
    const nodes = ids.map((id) => this.#nodes.get(id)).filter((node) => node !== undefined);
    const kindOf = ({ kind, detail }: GraphNode) => {
      if (kind === 'webhook') return `${detail ?? ''} webhook`;
      return kind === 'istiod' ? 'istiod' : (detail ?? kind);
    };
    const groups = [...Map.groupBy(nodes, (node) => `${node.namespace ?? ''} ${kindOf(node)}`).values()];
    const words = groups.map((members) => {
      const [first] = members;
      const apps = [...Map.groupBy(members, ({ label }) => label)].map(([label, same]) =>
        same.length === 1 ? label : `${label} ×${same.length}`,
      );
      const kind = first === undefined ? '' : `${kindOf(first)}${members.length === 1 ? '' : 's'}`;
      const where = first?.namespace === undefined ? '' : ` (${first.namespace})`;
      return `${kind} ${this.#listed(apps)}${where}`;
    });
    return this.#listed(words);
  }

  #unseen(): string[] {
    return this.#said('Not seen', this.#graph.unseen);
  }

  #beside(): string[] {
    return this.#said('Beside the edges', this.#graph.beside ?? []);
  }

  #said(title: string, sentences: readonly string[]): string[] {
    return sentences.length === 0 ? [] : [this.#title(title), ...sentences.map((sentence) => `  ${sentence}`)];
  }

  /** When the first of the CAs ends that trusted edges rest on. */
  #until(): string[] {
    const [first] = this.#graph.conversations.flatMap(({ until }) => until ?? []).sort();
    return first === undefined ? [] : [`What is trusted rests on CAs of which the first ends at ${minute(first)}.`];
  }

  #endingSoon(): string[] {
    const lines = endingWithin(this.#graph, this.#options.within).map(
      ({ from, to, until = '' }) =>
        `  ${this.#paint('red', '✖')} ${this.#ends(from)} → ${this.#ends(to)}: until ${minute(until)}`,
    );
    return lines.length === 0 ? [] : [this.#title('Ends soon'), ...this.#folded(lines)];
  }

  #atRestart(): string[] {
    const sentences = (this.#graph.atRestart ?? []).map((sentence) => `  ${this.#paint('yellow', '!')} ${sentence}`);
    return sentences.length === 0 ? [] : [this.#title('At the next restart'), ...sentences];
  }

  #verdict(): string {
    const outcome = outcomeOf(this.#graph, this.#options);
    const { conversations } = this.#graph;
    const open = conversations.filter(({ verdict }) => verdict === 'not-seen').length;
    const broken = `trust is broken: ${brokenConversations(this.#graph).length} of ${conversations.length} conversations`;
    const nobody = this.#kind('proxy').length === 0;
    const hidden = hiddenNodes(this.#graph);
    const unseen = [
      ...(open > 0 ? [`${open} of ${conversations.length} conversations`] : []),
      ...(hidden > 0
        ? [`${hidden} of ${this.#kind('proxy').length + this.#kind('istiod').length} proxies and istiods`]
        : []),
    ];
    const [style, words] = {
      broken: ['red', broken],
      'nothing-judged': [
        'yellow',
        nobody ? 'nothing to judge: no proxy was found' : 'nothing could be judged: too little was seen',
      ],
      'ends-soon': [
        'red',
        `all trusted, and ${endingWithin(this.#graph, this.#options.within).length} of ${conversations.length} conversations end soon`,
      ],
      'breaks-at-restart': ['yellow', 'all trusted, until the next restart'],
      'partly-unseen': [
        'yellow',
        `all trusted, as far as seen${unseen.length === 0 ? '' : `: not seen were ${unseen.join(', ')}`}`,
      ],
      trusted: ['green', 'all trusted'],
    }[outcome] as [Style, string];
    return this.#paint(style, words);
  }

  #kind(kind: GraphNode['kind']): GraphNode[] {
    return this.#graph.nodes.filter((node) => node.kind === kind);
  }

  #links(kind: GraphLink['kind']): Map<string, string[]> {
    const links = Map.groupBy(
      this.#graph.links.filter((link) => link.kind === kind),
      ({ from }) => from,
    );
    return new Map([...links].map(([from, those]) => [from, those.map(({ to }) => to)]));
  }

  #certificate(fingerprint: string | undefined): CertificateSummary | undefined {
    return fingerprint === undefined ? undefined : this.#certificates.get(fingerprint);
  }

  /** `"CN=SM Root CA" 0123456789abcdef` */
  #ca(fingerprint: string | undefined): string {
    if (fingerprint === undefined) return 'no certificate';
    return `"${this.#certificate(fingerprint)?.subject ?? '?'}" ${fingerprint.slice(0, 16)}`;
  }

  #problem(node: GraphNode | undefined): string {
    const problem = node?.problem;
    return problem === undefined ? '' : `  ${this.#paint('yellow', `! ${problem}`)}`;
  }

  #folded(lines: string[]): string[] {
    if (this.#options.verbose || lines.length <= FOLD) return lines;
    return [...lines.slice(0, FOLD), this.#paint('dim', `  and ${lines.length - FOLD} more (--verbose shows them)`)];
  }

  #listed(words: readonly string[]): string {
    if (this.#options.verbose || words.length <= FOLD) return words.join(', ');
    return `${words.slice(0, FOLD).join(', ')} and ${words.length - FOLD} more`;
  }

  #title(text: string): string {
    return this.#paint('bold', text);
  }

  #paint(style: Style, text: string): string {
    return this.#options.colour ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** `2026-11-23 10:04 UTC` of an RFC 3339 time. */
const minute = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;
