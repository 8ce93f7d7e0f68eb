// Who may import whom: DESIGN's «imports go down only», held by `npm run gate`.
const TEST = '\\.test\\.ts$';
/** What only tests may use: throwaway CAs, an example report, a cluster's API on loopback, a registry. */
const TEST_SUPPORT = '^harness/(.*/testing|faults)/';
/** Drives a browser, which has to be found. */
const BROWSER_TEST = '\\.browser\\.test\\.ts$';
const NETWORK_AND_PROCESSES = '^(node:)?(child_process|cluster|dgram|dns|http|http2|https|net|tls|worker_threads)(/|$)';
/** What a test does in passing, such as reading the evidence of a lab, says nothing of the storeys. */
const NOT_A_TEST = [TEST, TEST_SUPPORT];

/** The storeys of the harness from the top; each may import itself and what stands below it. */
const STOREYS = [
  { rooms: ['tasks'], what: 'what npm scripts start' },
  { rooms: ['cli'], what: 'what a user may say' },
  { rooms: ['job', 'selftest', 'faults'], what: 'runs as others start them, labs broken on purpose' },
  { rooms: ['run'], what: 'the life of a run, its claims' },
  { rooms: ['plan'], what: 'settings resolved once' },
  { rooms: ['audit'], what: 'a live cluster looked at' },
  { rooms: ['lab'], what: 'what stands in the cluster, what is done to it, what is seen of it' },
  { rooms: ['supply'], what: 'where parts come from' },
  { rooms: ['cluster'], what: 'Kubernetes, the engine, what is whose' },
  { rooms: ['verdict'], what: 'judges, evidence and reports: pure' },
  { rooms: ['observations'], what: 'plain data' },
  { rooms: ['common'], what: 'errors, waits, processes, text' },
  { rooms: ['bootstrap'], what: 'brings Node and dependencies' },
];

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const folders = (...names) => `^harness/(${names.join('|')})/`;

const storeyRules = STOREYS.slice(1).map(({ rooms, what }, index) =>
  forbid(
    `${rooms.join('-')}-knows-nothing-above`,
    `Imports go down only: ${rooms.join(', ')} (${what}) stands below ${STOREYS[index].rooms.join(', ')}.`,
    { path: folders(...rooms), pathNot: NOT_A_TEST },
    { path: folders(...STOREYS.slice(0, index + 1).flatMap((storey) => storey.rooms)) },
  ),
);

export default {
  forbidden: [
    ...storeyRules,
    forbid(
      'every-room-is-in-a-storey',
      'A new folder of harness/ gets its place in STOREYS above; no file stands beside them.',
      { path: '^harness/', pathNot: [TEST, folders(...STOREYS.flatMap(({ rooms }) => rooms))] },
      {},
    ),
    forbid(
      'harness-knows-no-suite',
      'suites → harness, never back: the machinery must serve claims that are not written yet.',
      { path: '^harness/' },
      { path: '^suites/' },
    ),
    forbid(
      'suites-read-like-a-specification',
      'A claim uses labs, probes, remedies and judges; how a lab comes about is none of its business.',
      { path: '^suites/' },
      {
        path: ['^fixtures/', folders('bootstrap', 'cli', 'job', 'plan', 'run', 'supply', 'tasks'), '^harness/cluster/'],
        pathNot: '^harness/(run/claims|cluster/(kube|ownership))/',
      },
    ),
    forbid(
      'pure-opens-no-connection',
      'verdict and observations start no process and open no socket.',
      // name-constraints asks node:net what an IP address is, no more.
      {
        path: folders('verdict', 'observations'),
        pathNot: [...NOT_A_TEST, '^harness/verdict/trust/name-constraints\\.ts$'],
      },
      { path: [NETWORK_AND_PROCESSES, 'node_modules/@kubernetes/'] },
    ),
    forbid(
      'pure-knows-little-of-the-ground',
      'Of common, verdict and observations take what works on text and data; nothing that waits or runs something.',
      { path: folders('verdict', 'observations'), pathNot: [...NOT_A_TEST, BROWSER_TEST] },
      {
        path: '^harness/common/',
        pathNot: '^harness/common/(defined|errors|schema|text)\\.ts$|^harness/common/redact/',
      },
    ),
    forbid(
      'trust-reads-no-file',
      'A judge takes data: trust/ does not know where certificates come from.',
      { path: '^harness/(verdict/trust|observations)/', pathNot: NOT_A_TEST },
      { path: '^(node:)?fs(/|$)', dependencyTypes: ['core'] },
    ),
    forbid(
      'probes-only-observe',
      'A probe that could remedy what it observes would prove nothing, and what becomes of it is for others to say.',
      { path: '^harness/lab/probe/', pathNot: TEST },
      { path: ['^harness/lab/(remedies|upgrade)/', '^harness/verdict/report/'] },
    ),
    forbid(
      'audit-changes-nothing',
      'It looks at clusters of somebody’s, with the rights to look.',
      { path: '^harness/audit/', pathNot: NOT_A_TEST },
      { path: ['^harness/lab/(remedies|upgrade|mesh)/', '^harness/cluster/ownership/'] },
    ),
    forbid(
      'remedies-only-remedy',
      'apply() and revert(), nothing else: judging is for the suites.',
      { path: '^harness/lab/remedies/' },
      { path: ['^harness/lab/(probe|upgrade)/', '^harness/verdict/(judges|report)/'] },
    ),
    forbid(
      'mesh-is-below-remedies',
      'A lab is brought up before anybody remedies, upgrades or observes it.',
      { path: '^harness/lab/mesh/', pathNot: TEST },
      { path: ['^harness/lab/(probe|remedies|upgrade)/', '^harness/verdict/(judges|report)/'] },
    ),
    forbid(
      'ownership-knows-no-mesh',
      'What is whose does not depend on what it is for; folder.ts is what a report is written through.',
      { path: '^harness/cluster/ownership/', pathNot: TEST },
      {
        path: ['^harness/cluster/(?!ownership/|kube/|state/)', folders('verdict', 'observations')],
        pathNot: '^harness/verdict/evidence/folder\\.ts$',
      },
    ),
    forbid(
      'kube-is-at-the-bottom',
      'kube/ knows Kubernetes, not meshes, nor what is whose.',
      { path: '^harness/cluster/kube/', pathNot: TEST },
      { path: ['^harness/cluster/(?!kube/)', folders('verdict', 'observations')] },
    ),
    forbid(
      'errors-is-a-leaf',
      'Everything imports it, the pure folders too: it imports nothing but what keeps secrets out of a message.',
      { path: '^harness/common/errors\\.ts$' },
      { pathNot: '^harness/common/redact/redact\\.ts$' },
    ),
    forbid(
      'bootstrap-needs-nothing',
      'It runs before node_modules exists, on any Node from 18 on.',
      { path: '^harness/bootstrap/', pathNot: TEST },
      { pathNot: '^harness/bootstrap/', dependencyTypesNot: ['core'] },
    ),
    forbid(
      'entries-are-not-imported',
      'A program is started, not imported.',
      { pathNot: TEST },
      { path: ['^harness/cli/main\\.ts$', '^harness/tasks/', '^harness/bootstrap/start\\.mjs$', TEST] },
    ),
    forbid(
      'test-support-is-for-tests',
      'Throwaway keys and example data have no place in a run; the benchmark of audit measures against them.',
      { pathNot: [TEST, TEST_SUPPORT, '^harness/tasks/(bench-audit|faults)\\.ts$'] },
      { path: TEST_SUPPORT },
    ),
    forbid(
      'fixtures-stand-alone',
      'fixtures/bookinfo goes into an image as it is.',
      { path: '^fixtures/', pathNot: TEST },
      { pathNot: '^fixtures/', dependencyTypesNot: ['core'] },
    ),
    forbid('no-cycle', 'Two modules that need each other are one module, or three.', {}, { circular: true }),
    forbid(
      'no-orphan',
      'A module that nothing imports and that imports nothing is forgotten: delete it or use it.',
      {
        orphan: true,
        pathNot: [
          TEST,
          '\\.d\\.ts$',
          '^harness/(cli/main\\.ts|tasks/[^/]+\\.ts|bootstrap/start\\.mjs)$',
          '^fixtures/(bookinfo/main\\.ts|lab/probe\\.cjs)$',
          '(^|/)[^/]+\\.config\\.[jt]s$',
          '^\\.dependency-cruiser\\.mjs$',
        ],
      },
      {},
    ),
    forbid(
      'no-dev-dependency-at-run-time',
      'Users may install without devDependencies; only tests may import those.',
      { path: '^(harness|suites|fixtures)/', pathNot: NOT_A_TEST },
      { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    ),
    forbid(
      'no-undeclared-dependency',
      'What is imported is in package.json, with a version of ours.',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'] },
    ),
    forbid('no-unresolved-import', 'The import leads nowhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count too: a judge that names a cluster's types is on its way to importing the rest.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
