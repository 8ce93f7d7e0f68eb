import Type, { type Static } from 'typebox';
import { defined } from '../../common/defined.ts';
import { count, object, oneOf, text, time } from '../../common/schema.ts';
import { FAULT } from '../../observations/fault.ts';
import { TRUST_GRAPH } from '../trust/graph/model.ts';

const seconds = (description?: string) => Type.Number({ minimum: 0, ...defined({ description }) });
const string = (description?: string) => Type.String(description === undefined ? {} : { description });

/** `notRun` is a planned claim without a result; `notSupported` one the distribution or version cannot meet. */
export const STATUSES = ['passed', 'failed', 'skipped', 'notSupported', 'notRun'] as const;
export type ClaimStatus = (typeof STATUSES)[number];

export const CLAIM_DESCRIPTION = object({
  id: Type.String({
    pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
    description: 'Stable and dotted, such as trust.manual.leaf-issuer.',
  }),
  sentence: text('The normative sentence that passes or fails.'),
  level: oneOf(['core', 'extended']),
  source: text('Where the sentence comes from: a URL or a document and section.'),
  group: text(),
});
export type ClaimDescription = Static<typeof CLAIM_DESCRIPTION>;

export const CLAIM_RESULT = object(
  {
    ...CLAIM_DESCRIPTION.properties,
    status: oneOf(STATUSES),
    reason: Type.Optional(string('Present for every status but passed.')),
    faults: Type.Optional(Type.Array(FAULT, { description: 'What is wrong one by one, where a judge has said so.' })),
    durationMs: seconds(),
    evidence: Type.Array(
      Type.String({
        description: 'A path relative to the report, never out of its folder.',
        pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$)).+$',
      }),
    ),
  },
  { if: { properties: { status: { const: 'passed' } } }, else: { required: ['reason'] } },
);
export type ClaimResult = Static<typeof CLAIM_RESULT>;

export const REMEDY_RESULT = object({
  remedy: text(),
  baseline: text('The state it was applied to, such as split.'),
  restarts: count('Workloads that had to be restarted.'),
  applySeconds: seconds(),
  convergeSeconds: seconds('From the end of applying to the first of several successes in a row.'),
  requestsLost: Type.Optional(count()),
  support: string('What the distribution’s vendor says of it, such as unsupported on openshift-4.22.'),
});
export type RemedyResult = Static<typeof REMEDY_RESULT>;

const PROXY_STATE = object(
  { istio: Type.String(), envoy: Type.String(), issuer: Type.String(), root: Type.String() },
  { description: 'What a proxy ran and held: versions, the issuer of its certificate, the roots it trusted.' },
);
export type ProxyState = Static<typeof PROXY_STATE>;

export const UPGRADE_RESULT = object(
  {
    upgrade: text('Such as canary, gateway plane first.'),
    from: text(),
    to: text(),
    requests: count('On new connections, each of them.'),
    requestsLost: count(),
    seconds: seconds(),
    proxies: Type.Array(object({ plane: text(), app: Type.String(), before: PROXY_STATE, after: PROXY_STATE })),
  },
  { description: 'Both planes taken from one version to another while requests kept coming.' },
);
export type UpgradeResult = Static<typeof UPGRADE_RESULT>;

const PHASE_RESULT = object({
  name: text(),
  started: time(),
  seconds: seconds(),
  outcome: oneOf(['done', 'failed']),
});
export type PhaseResult = Static<typeof PHASE_RESULT>;

/** Who trusted whom at a moment of the run. */
export const GRAPH_SNAPSHOT = object({
  title: text('Such as the split, or after the manual remedy.'),
  remedy: Type.Optional(text('The remedy whose effect it shows.')),
  graph: TRUST_GRAPH,
});
export type GraphSnapshot = Static<typeof GRAPH_SNAPSHOT>;

const RUN_FAILURE = object(
  {
    phase: text(),
    kind: oneOf(['usage', 'environment', 'lab', 'interrupted', 'bug']),
    message: Type.String(),
  },
  { description: 'What ended the run before its verdict.' },
);
export type RunFailure = Static<typeof RUN_FAILURE>;

const IMPLEMENTATION = object({
  planes: Type.Array(object({ name: text(), namespace: text(), revision: Type.String(), version: Type.String() })),
  components: Type.Array(
    object({
      name: text(),
      version: Type.String(),
      image: Type.Optional(Type.String()),
      digest: Type.Optional(Type.String()),
    }),
  ),
});

const ENVIRONMENT = object({
  os: Type.String(),
  arch: Type.String(),
  cpus: count(),
  memoryGiB: Type.Number({ minimum: 0 }),
  node: Type.String(),
  engine: Type.String(),
  kubernetes: Type.String(),
  nodes: Type.Optional(Type.Integer({ minimum: 2, description: 'Of the cluster, where it has more than one.' })),
});

/** The report, modelled on Gateway API's ConformanceReport; `reports/conformance.schema.json` is made from this. */
export const CONFORMANCE_REPORT = object(
  {
    apiVersion: Type.Literal('meshtrust.dev/v1alpha1'),
    kind: Type.Literal('TrustConformanceReport'),
    run: object({
      id: text(),
      started: time(),
      finished: time(),
      tool: text('Version of meshtrust.'),
      shard: Type.Optional(
        Type.String({
          description: 'Which part of a run that several machines share, such as 2/3; `meshtrust merge` joins them.',
          pattern: '^[1-9]\\d{0,2}/[1-9]\\d{0,2}$',
        }),
      ),
    }),
    profile: text(),
    distribution: text(),
    supply: text('Where the parts came from.'),
    supplyReason: string('Why from there.'),
    notes: Type.Array(Type.String()),
    implementation: IMPLEMENTATION,
    environment: ENVIRONMENT,
    result: oneOf(['conformant', 'notConformant', 'incomplete']),
    summary: object({ passed: count(), failed: count(), skipped: count(), notSupported: count(), notRun: count() }),
    claims: Type.Array(CLAIM_RESULT),
    remedies: Type.Array(REMEDY_RESULT),
    upgrades: Type.Optional(Type.Array(UPGRADE_RESULT, { description: 'Only if there were any.' })),
    graphs: Type.Array(GRAPH_SNAPSHOT, { description: 'Who trusted whom, at moments of the run, in its order.' }),
    phases: Type.Array(PHASE_RESULT),
    failure: Type.Optional(RUN_FAILURE),
    digest: Type.String({
      description: 'SHA-256 of everything else as JSON with sorted keys and no white space.',
      pattern: '^sha256:[0-9a-f]{64}$',
    }),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://meshtrust.dev/schemas/v1alpha1/conformance.json',
    title: 'TrustConformanceReport',
    description: 'The result of one run of meshtrust.',
    if: { properties: { result: { const: 'conformant' } }, required: ['result'] },
    then: {
      properties: {
        summary: {
          type: 'object',
          properties: {
            passed: { type: 'integer', minimum: 1 },
            failed: { const: 0 },
            notRun: { const: 0 },
          },
        },
        failure: false,
      },
    },
  },
);
export type ConformanceReport = Static<typeof CONFORMANCE_REPORT>;
