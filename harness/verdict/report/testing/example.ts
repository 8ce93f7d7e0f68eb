import { buildReport, type ReportInput } from '../build.ts';
import type { TrustGraph } from '../../trust/graph/model.ts';
import type { ClaimDescription, ConformanceReport } from '../model.ts';

const claim = (id: string, sentence: string, level: ClaimDescription['level'] = 'core'): ClaimDescription => {
  const group = id.split('.').slice(0, 2).join('.');
  return { id, sentence, level, source: 'article, step 4', group };
};

const ROOTS = { mesh: 'a1'.repeat(32), gateway: 'b2'.repeat(32) };
const certificate = (commonName: string, fingerprint: string): TrustGraph['certificates'][number] => ({
  fingerprint,
  subject: `O=cluster.local, CN=${commonName}`,
  issuer: `O=cluster.local, CN=${commonName}`,
  notBefore: '2026-05-04T09:59:00Z',
  notAfter: '2036-05-01T09:59:00Z',
  serial: '4f',
  key: 'RSA-2048',
  isCa: true,
  names: [],
});

const GATEWAY = 'openshift-ingress/mesh-gateway-openshift-default-5d9';
const PRODUCTPAGE = 'bookinfo/productpage-v1-7c4';

/** A gateway and a sidecar under roots that do not know each other. */
const SPLIT_GRAPH: TrustGraph = {
  at: '2026-05-04T10:01:00Z',
  nodes: [
    { id: 'istio-system/istiod', kind: 'istiod', label: 'istiod', namespace: 'istio-system', detail: '1.29.1' },
    { id: PRODUCTPAGE, kind: 'proxy', label: 'productpage', plane: 'istio-system/istiod', detail: 'sidecar' },
    { id: GATEWAY, kind: 'proxy', label: 'mesh-gateway', namespace: 'openshift-ingress', detail: 'gateway' },
    { id: ROOTS.mesh, kind: 'root', label: 'mesh root', certificate: ROOTS.mesh },
    { id: ROOTS.gateway, kind: 'root', label: 'gateway root', certificate: ROOTS.gateway },
  ],
  links: [
    { from: 'istio-system/istiod', to: PRODUCTPAGE, kind: 'serves' },
    { from: PRODUCTPAGE, to: ROOTS.mesh, kind: 'trusts' },
    { from: PRODUCTPAGE, to: ROOTS.mesh, kind: 'signedBy' },
    { from: GATEWAY, to: ROOTS.gateway, kind: 'trusts' },
    { from: GATEWAY, to: ROOTS.gateway, kind: 'signedBy' },
  ],
  conversations: [
    {
      channel: 'workload',
      from: [GATEWAY],
      to: [PRODUCTPAGE],
      verdict: 'unknown-issuer',
      reason: 'mesh-gateway refuses productpage: its certificate leads to "mesh root", which it does not know',
      roots: { client: [ROOTS.gateway], server: [ROOTS.mesh], serverIssuer: ROOTS.mesh },
      remedies: ['give both planes intermediates under one root'],
    },
  ],
  certificates: [certificate('mesh root', ROOTS.mesh), certificate('gateway root', ROOTS.gateway)],
  unseen: [],
};

/** A small run for the tests of this folder: four claims, one of each outcome, one remedy and one trust graph. */
export const EXAMPLE: ReportInput = {
  run: { id: 'mt-1', started: '2026-05-04T10:00:00Z', finished: '2026-05-04T10:04:30Z', tool: '0.1.0' },
  profile: 'trust',
  distribution: 'openshift-4.22',
  supply: 'source',
  supplyReason: 'the registry did not answer',
  notes: ['docker was installed'],
  implementation: {
    planes: [{ name: 'mesh', namespace: 'istio-system', revision: 'default', version: '1.26.2' }],
    components: [{ name: 'envoy', version: '1.34.1', image: 'meshtrust/envoy:1', digest: 'sha256:ab' }],
  },
  environment: {
    os: 'linux',
    arch: 'x64',
    cpus: 4,
    memoryGiB: 15.6,
    node: '24.21.0',
    engine: 'docker 26.1.5',
    kubernetes: '1.33.1',
  },
  phases: [
    { name: 'supply', started: '2026-05-04T10:00:00Z', seconds: 0.4, outcome: 'done' },
    { name: 'cluster', started: '2026-05-04T10:00:01Z', seconds: 14.2, outcome: 'done' },
  ],
  planned: [
    claim('trust.split.fails', 'Without a shared root the gateway cannot reach the mesh.'),
    claim('trust.manual.leaf-issuer', "Every leaf is issued by its own plane's intermediate."),
    claim('trust.manual.churn', 'Nobody fights over the ConfigMap.', 'extended'),
    claim('trust.manual.peer', 'The destination sees the identity of the gateway.'),
  ],
  events: [
    { type: 'claim', id: 'trust.split.fails', status: 'passed', durationMs: 2140, evidence: ['evidence/a/b.txt'] },
    {
      type: 'claim',
      id: 'trust.manual.leaf-issuer',
      status: 'failed',
      reason: 'leaf of reviews-v1 is issued by O=cluster.local\nexpected CN=mesh intermediate',
      durationMs: 65_000,
      evidence: ['evidence/trust.manual.leaf-issuer/leaf.pem'],
    },
    {
      type: 'claim',
      id: 'trust.manual.churn',
      status: 'notSupported',
      reason: 'both planes write one name',
      durationMs: 3,
      evidence: [],
    },
    {
      type: 'remedy',
      remedy: 'manual',
      baseline: 'split',
      restarts: 7,
      applySeconds: 4.2,
      convergeSeconds: 61.04,
      requestsLost: 0,
      support: 'unsupported on openshift-4.22',
    },
    { type: 'graph', title: 'the split', graph: SPLIT_GRAPH },
  ],
};

/** The same run, had every claim passed. */
export const PASSING: ReportInput = {
  ...EXAMPLE,
  events: EXAMPLE.planned.map(({ id }) => ({ type: 'claim', id, status: 'passed', durationMs: 1, evidence: [] })),
};

const MESH_CA = { issuer: 'CN=Mesh CA', root: '"CN=Root CA"' };

/** A run that has upgraded its planes. */
export const UPGRADED: ReportInput = {
  ...PASSING,
  events: [
    ...PASSING.events,
    {
      type: 'upgrade',
      upgrade: 'canary, gateway plane first',
      from: '1.28.2',
      to: '1.29.1',
      requests: 2450,
      requestsLost: 1,
      seconds: 121,
      proxies: [
        {
          plane: 'mesh',
          app: 'details',
          before: { istio: '1.28.2', envoy: '1.36.4', ...MESH_CA },
          after: { istio: '1.29.1', envoy: '1.37.0', ...MESH_CA },
        },
      ],
    },
  ],
};

/** The same run, had its lab not come up. */
export const BROKEN: ReportInput = {
  ...EXAMPLE,
  events: [],
  phases: [{ name: 'cluster', started: '2026-05-04T10:00:01Z', seconds: 14.2, outcome: 'failed' }],
  failure: { phase: 'cluster', kind: 'lab', message: 'k3d could not create the cluster\n  | port 6443 is taken' },
};

/** What shard `1/2` reports of a run in which it judges one group of claims, such as `trust.split`; '' for none. */
export function shardReport(shard: string, group: string, input: ReportInput = PASSING): ConformanceReport {
  return buildReport({
    ...input,
    run: { ...input.run, id: `mt-${shard[0] ?? ''}`, shard },
    planned: input.planned.filter((claim) => claim.group === group),
    events: input.events.filter((event) => event.type !== 'claim' || event.id.startsWith(`${group}.`)),
  });
}

const NASTY = '<b>&amp; "x" | a ]]> `c` \u0000\u0001\u000b\ufffe\ud800 \u001b[31m😀\n-->| *d* [e](f)';

/** A report full of markup and control characters, not cleaned by buildReport: as if read from a file of others. */
export const HOSTILE: ConformanceReport = {
  ...buildReport(BROKEN),
  failure: { phase: NASTY, kind: 'bug', message: NASTY },
  claims: buildReport(EXAMPLE)
    .claims.slice(1, 3)
    .map((claim, index) => ({ ...claim, reason: NASTY, ...(index === 0 ? { group: NASTY, sentence: NASTY } : {}) })),
};
