import { beforeAll, describe, expect, it } from 'vitest';
import type { GraphNode, TrustGraph } from '../verdict/trust/graph/model.ts';
import { renderTable } from './table.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

const certificate = (fingerprint: string, subject: string, isCa = false) => ({
  fingerprint,
  subject,
  issuer: 'CN=Mesh CA',
  notBefore: '2026-11-22T10:00:00.000Z',
  notAfter: '2026-11-23T10:04:59.000Z',
  serial: '01',
  key: 'P-256',
  isCa,
  names: [],
});

const sidecar = (label: string): GraphNode => ({
  id: `bookinfo/${label}-1`,
  kind: 'proxy',
  label,
  namespace: 'bookinfo',
  plane: 'istio-system/istiod',
  detail: 'sidecar',
  certificate: 'leaf',
});

let split: TrustGraph;
beforeAll(() => {
  const sidecars = ['details', 'productpage', 'reviews', 'reviews'].map((app, at) => ({
    ...sidecar(app),
    id: `bookinfo/${app}-${at}`,
  }));
  const gateway: GraphNode = {
    id: 'openshift-ingress/mesh-gateway-1',
    kind: 'proxy',
    label: 'mesh-gateway',
    namespace: 'openshift-ingress',
    detail: 'gateway',
    certificate: 'leaf',
  };
  split = {
    at: '2026-11-22T12:00:00.000Z',
    nodes: [
      {
        id: 'istio-system/istiod',
        kind: 'istiod',
        label: 'istiod',
        namespace: 'istio-system',
        plane: 'istio-system/istiod',
        detail: 'no revision, 1.29.1',
        certificate: 'leaf',
      },
      {
        id: 'secret:istio-system/cacerts',
        kind: 'secret',
        label: 'cacerts',
        namespace: 'istio-system',
        plane: 'istio-system/istiod',
        certificate: A,
        problem: 'cert-chain.pem is missing',
      },
      ...sidecars,
      gateway,
    ],
    links: [
      ...sidecars.map(({ id }) => ({ from: id, to: A, kind: 'trusts' as const })),
      ...sidecars.map(({ id }) => ({ from: id, to: A, kind: 'signedBy' as const })),
      { from: gateway.id, to: B, kind: 'trusts' },
    ],
    conversations: [
      {
        channel: 'workload',
        from: [gateway.id],
        to: sidecars.map(({ id }) => id),
        verdict: 'unknown-issuer',
        reason: 'Gateway mesh-gateway refuses the sidecars.',
        roots: { client: [B], server: [A], serverIssuer: A },
        remedies: ['Give both one root.'],
      },
      {
        channel: 'control',
        from: sidecars.map(({ id }) => id),
        to: ['istio-system/istiod'],
        verdict: 'trusted',
        reason: 'They accept it.',
        roots: { client: [A], server: [], serverIssuer: A },
        remedies: [],
      },
    ],
    certificates: [certificate(A, 'CN=Mesh CA', true), certificate(B, 'CN=Gateway CA', true), certificate('leaf', '')],
    unseen: ['You may not get secrets.'],
  };
});

const plain = { colour: false, verbose: false };
const lastLine = (graph: TrustGraph) => renderTable(graph, plain).trimEnd().split('\n').at(-1);
const joined = (more: Partial<TrustGraph> = {}): TrustGraph => ({
  ...split,
  conversations: split.conversations.filter(({ verdict }) => verdict === 'trusted'),
  unseen: [],
  ...more,
});

describe('renderTable', () => {
  it('shows planes, proxies by root, what is broken with both roots and remedies, and what was not seen', () => {
    expect(renderTable(split, plain)).toBe(`Control planes
  istio-system/istiod  no revision, 1.29.1  serves until 2026-11-23 10:04 UTC
    cacerts: "CN=Mesh CA" aaaaaaaaaaaaaaaa  ! cert-chain.pem is missing

Proxies that trust "CN=Mesh CA" aaaaaaaaaaaaaaaa
  sidecar  bookinfo/details-0      issued by "CN=Mesh CA" aaaaaaaaaaaaaaaa until 2026-11-23 10:04 UTC
  sidecar  bookinfo/productpage-1  issued by "CN=Mesh CA" aaaaaaaaaaaaaaaa until 2026-11-23 10:04 UTC
  sidecar  bookinfo/reviews-2      issued by "CN=Mesh CA" aaaaaaaaaaaaaaaa until 2026-11-23 10:04 UTC
  sidecar  bookinfo/reviews-3      issued by "CN=Mesh CA" aaaaaaaaaaaaaaaa until 2026-11-23 10:04 UTC

Proxies that trust "CN=Gateway CA" bbbbbbbbbbbbbbbb
  gateway  openshift-ingress/mesh-gateway-1  issued by "CN=Mesh CA" until 2026-11-23 10:04 UTC

Broken
  ✖ gateway mesh-gateway (openshift-ingress) → sidecars details, productpage, reviews ×2 (bookinfo): unknown issuer
      Gateway mesh-gateway refuses the sidecars.
      clients: trust in "CN=Gateway CA" bbbbbbbbbbbbbbbb
      servers: trust in "CN=Mesh CA" aaaaaaaaaaaaaaaa, chain to "CN=Mesh CA" aaaaaaaaaaaaaaaa
      → Give both one root.

Not seen
  You may not get secrets.

trust is broken: 1 of 2 conversations
`);
  });

  it('says in its last line how far «trusted» goes', () => {
    const unseen = { ...split.nodes[2]!, problem: 'the pod is Pending' };
    delete unseen.certificate;
    expect(lastLine(joined())).toBe('all trusted');
    expect(lastLine(joined({ unseen: ['Something.'] }))).toBe('all trusted, as far as seen');
    expect(lastLine(joined({ nodes: [unseen] }))).toBe(
      'all trusted, as far as seen: not seen were 1 of 1 proxies and istiods',
    );
    const open = { ...split.conversations[1]!, verdict: 'not-seen' as const };
    expect(lastLine(joined({ conversations: [open, ...joined().conversations] }))).toMatch(
      /^all trusted, as far as seen: not seen were 1 of \d conversations$/,
    );
    expect(lastLine(joined({ beside: ['You may not get secrets: nothing is known of a restart.'] }))).toBe(
      'all trusted',
    );
    expect(lastLine(joined({ atRestart: ['It would not start.'] }))).toBe('all trusted, until the next restart');
    expect(lastLine(joined({ conversations: [open] }))).toBe('nothing could be judged: too little was seen');
    expect(lastLine(joined({ nodes: [] }))).toBe('nothing to judge: no proxy was found');
  });

  it('folds long lists, unless it is to be verbose', () => {
    const many = Array.from({ length: 47 }, (_, at) => ({ ...sidecar(`app${at}`), problem: 'not seen' }));
    const conversations = [{ ...split.conversations[0]!, to: many.map(({ id }) => id) }];
    const graph = { ...split, nodes: many, links: [], conversations };
    const folded = renderTable(graph, plain);
    expect(folded).toContain('app9 and 37 more (bookinfo): unknown issuer');
    expect(folded).toContain('\n  and 37 more (--verbose shows them)\n');
    expect(folded).not.toContain('bookinfo/app46-1');
    const whole = renderTable(graph, { colour: false, verbose: true });
    expect(whole).toContain('bookinfo/app46-1');
    expect(whole).not.toContain(' more');
  });

  it('lets no name end a line, steer a terminal or give a CI system orders', () => {
    const nasty = 'CN=\u001b[31mevil\u202e\r\n::error::all trusted\u2028##[error]';
    const certificates = [certificate(A, nasty, true), ...split.certificates.slice(1)];
    const table = renderTable({ ...split, certificates }, plain);
    expect(table).toContain('Proxies that trust "CN=evil : :error::all trusted ## [error]" aaaaaaaaaaaaaaaa');
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(renderTable({ ...split, certificates }, { colour: true, verbose: false })).toContain(
      '\u001b[31mtrust is broken',
    );
  });
});
