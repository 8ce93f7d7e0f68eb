// Who may import whom: DESIGN's «imports point one way», held by `npm run gate`.
const TEST = '\\.test\\.ts$';
/** What only tests may use: throwaway CAs, an example report, a cluster's API on loopback, a registry. */
const TEST_SUPPORT = '^harness/(.*/testing|faults)/';
/** Judges and writers: `audit`, `diff` and the unit tests use them on any machine. */
const PURE = '^harness/(trust|report|evidence|judges|observations)/';
/** Drives a browser, which has to be found. */
const BROWSER_TEST = '\\.browser\\.test\\.ts$';
const NETWORK_AND_PROCESSES = '^(node:)?(child_process|cluster|dgram|dns|http|http2|https|net|tls|worker_threads)(/|$)';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const folders = (...names) => `^harness/(${names.join('|')})/`;

export default {
  forbidden: [
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
        path: [
          '^fixtures/',
          '^harness/(main|program)\\.ts$',
          folders('cluster', 'commands', 'engine', 'plan', 'run', 'state', 'supply', 'tasks'),
        ],
      },
    ),
    forbid(
      'pure-stays-pure',
      'trust, report, evidence, judges and observations import each other, and the leaves defined.ts, errors.ts and schema.ts; nothing that touches a lab, not even its types.',
      { path: PURE, pathNot: BROWSER_TEST },
      { path: ['^harness/', 'node_modules/@kubernetes/'], pathNot: [PURE, '^harness/(defined|errors|schema)\\.ts$'] },
    ),
    forbid(
      'errors-is-a-leaf',
      'Everything imports it, the pure folders too: it imports nothing but what keeps secrets out of a message.',
      { path: '^harness/errors\\.ts$' },
      { pathNot: '^harness/evidence/redact\\.ts$' },
    ),
    forbid(
      'pure-opens-no-connection',
      'trust, report, evidence, judges and observations start no process and open no socket.',
      // name-constraints asks node:net what an IP address is, no more.
      { path: PURE, pathNot: [TEST, TEST_SUPPORT, '^harness/trust/name-constraints\\.ts$'] },
      { path: NETWORK_AND_PROCESSES, dependencyTypes: ['core'] },
    ),
    forbid(
      'trust-reads-no-file',
      'A judge takes data: trust/ does not know where certificates come from.',
      { path: '^harness/trust/', pathNot: [TEST, TEST_SUPPORT] },
      { path: '^(node:)?fs(/|$)', dependencyTypes: ['core'] },
    ),
    forbid(
      'probes-only-observe',
      'A probe that could remedy what it observes would prove nothing; audit is to change nothing at all.',
      { path: folders('probe', 'audit') },
      { path: folders('claims', 'commands', 'plan', 'remedies', 'run', 'selftest', 'upgrade') },
    ),
    forbid(
      'probes-report-nothing',
      'What becomes of an observation is for others to say.',
      { path: '^harness/probe/' },
      { path: folders('audit', 'report') },
    ),
    forbid(
      'remedies-only-remedy',
      'apply() and revert(), nothing else: judging is for the suites.',
      { path: '^harness/remedies/' },
      { path: folders('claims', 'commands', 'plan', 'probe', 'report', 'run', 'selftest') },
    ),
    forbid(
      'mesh-is-below-remedies',
      'A lab is brought up before anybody remedies, judges or reports it.',
      { path: folders('mesh', 'cluster', 'supply', 'engine') },
      { path: folders('claims', 'commands', 'plan', 'probe', 'remedies', 'report', 'run', 'selftest', 'upgrade') },
    ),
    forbid(
      'ownership-knows-no-mesh',
      'What is whose does not depend on what it is for; folder.ts is what a report is written through.',
      { path: '^harness/ownership/', pathNot: TEST },
      { path: '^harness/[^/]+/', pathNot: '^harness/(ownership|kube|state|bootstrap)/|^harness/evidence/folder\\.ts$' },
    ),
    forbid(
      'observations-are-plain-data',
      'What everybody names the same way is at the bottom: it knows what a certificate is, and nothing else.',
      { path: '^harness/observations/' },
      { path: '^harness/', pathNot: '^harness/(observations/|schema\\.ts$|trust/certificate\\.ts$)' },
    ),
    forbid(
      'settings-plan-run',
      'Settings become a plan, and a plan a run; neither asks back.',
      { path: folders('plan') },
      { path: folders('commands', 'run') },
    ),
    forbid(
      'commands-are-called-last',
      'Only what a user has typed leads to a command.',
      { path: '^harness/', pathNot: [TEST, '^harness/(program\\.ts|commands/)'] },
      { path: folders('commands') },
    ),
    forbid(
      'kube-is-at-the-bottom',
      'kube/ knows Kubernetes, not meshes.',
      { path: '^harness/kube/' },
      { path: '^harness/[^/]+/', pathNot: '^harness/kube/' },
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
      { path: ['^harness/main\\.ts$', '^harness/tasks/', '^harness/bootstrap/start\\.mjs$', TEST] },
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
          '^harness/(main\\.ts|tasks/[^/]+\\.ts|bootstrap/start\\.mjs)$',
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
      { path: '^(harness|suites|fixtures)/', pathNot: [TEST, TEST_SUPPORT] },
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
