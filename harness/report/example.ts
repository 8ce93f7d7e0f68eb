import { buildReport, type ReportInput } from './build.ts';
import type { ClaimDescription, ConformanceReport } from './model.ts';

const claim = (id: string, sentence: string, level: ClaimDescription['level'] = 'core'): ClaimDescription => {
  const group = id.split('.').slice(0, 2).join('.');
  return { id, sentence, level, source: 'article, step 4', group };
};

/** A small run for the tests of this folder: four claims, one of each outcome, and one remedy. */
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
  ],
};

/** The same run, had every claim passed. */
export const PASSING: ReportInput = {
  ...EXAMPLE,
  events: EXAMPLE.planned.map(({ id }) => ({ type: 'claim', id, status: 'passed', durationMs: 1, evidence: [] })),
};

/** The same run, had its lab not come up. */
export const BROKEN: ReportInput = {
  ...EXAMPLE,
  events: [],
  phases: [{ name: 'cluster', started: '2026-05-04T10:00:01Z', seconds: 14.2, outcome: 'failed' }],
  failure: { phase: 'cluster', kind: 'lab', message: 'k3d could not create the cluster\n  | port 6443 is taken' },
};

const NASTY = '<b>&amp; "x" | a ]]> `c` \u0000\u0001\u000b\ufffe\ud800 \u001b[31m😀\n-->| *d* [e](f)';

/** A report full of markup and control characters, not cleaned by buildReport: as if read from a file of others. */
export const HOSTILE: ConformanceReport = {
  ...buildReport(BROKEN),
  failure: { phase: NASTY, kind: 'bug', message: NASTY },
  claims: buildReport(EXAMPLE)
    .claims.slice(1, 3)
    .map((claim, index) => ({ ...claim, reason: NASTY, ...(index === 0 ? { group: NASTY, sentence: NASTY } : {}) })),
};
