import { spawn } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type PlainCluster, startPlainCluster } from '../supply/testing/plain-cluster.ts';
import { ROOT } from '../common/paths.ts';
import { tryRun } from '../common/process.ts';
import type { ConformanceReport } from '../verdict/report/model.ts';
import { eventually } from '../common/retry.ts';
import { Session } from '../run/session.ts';
import { allRuns } from '../cluster/state/runs.ts';
import { chooseSupply } from '../supply/choose.ts';
import { openSupply } from '../supply/open.ts';
import type { SupplyKind } from '../supply/supply.ts';
import { type StartedRegistry, startRegistry } from '../supply/testing/registry.ts';
import { VERSIONS } from '../supply/versions.ts';

/** Somebody else's, to be left alone. */
const THEIRS = `
apiVersion: v1
kind: Namespace
metadata: { name: theirs }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: theirs }
data: { colour: green }
---
apiVersion: v1
kind: Secret
metadata: { name: key, namespace: theirs }
stringData: { word: hush }
`;

const resources = new AsyncDisposableStack();
let session: Session;
let kind: SupplyKind;
let registry: StartedRegistry;
let cluster: PlainCluster;
let folder: string;

beforeAll(async () => {
  session = resources.use(new Session());
  await session.engine();
  ({ kind } = await chooseSupply('auto'));
  const supply = openSupply(kind, [VERSIONS.istio], { pullsItself: false }, session.progress, session.signal);
  const parts = await supply.core();
  registry = resources.use(await startRegistry(session.id, session.signal));
  cluster = await startPlainCluster(session.id, parts, registry.registries, session.signal);
  await cluster.kubectl(['apply', '--filename', '-'], THEIRS);
  folder = resources.use(mkdtempDisposableSync(join(tmpdir(), 'meshtrust-existing-'))).path;
});
afterAll(() => resources.disposeAsync());

/** The product, as a user starts it. */
async function meshtrust(...words: string[]) {
  const settings = join(folder, 'meshtrust.yaml');
  writeFileSync(settings, stringify({ supply: kind, registry: registry.store('lab') }));
  const flags = ['--config', settings, '--cluster', 'kubeconfig', '--kubeconfig', cluster.kubeconfig];
  return await tryRun([process.execPath, 'harness/cli/main.ts', ...words, ...flags], { cwd: ROOT });
}

/** Every object of every kind but events, with its UID, by kubectl's word. */
async function everything(): Promise<string[]> {
  const kinds = await cluster.kubectl(['api-resources', '--verbs', 'list', '--output', 'name']);
  const wanted = kinds.split('\n').filter((kind) => kind !== '' && !kind.startsWith('events'));
  const columns = 'K:.apiVersion,K:.kind,NS:.metadata.namespace,N:.metadata.name,U:.metadata.uid';
  const words = ['get', wanted.join(','), '--all-namespaces', '--no-headers', '--output', `custom-columns=${columns}`];
  return (await cluster.kubectl(words)).split('\n').sort();
}

it('touches nothing where the cluster is not named', async () => {
  const { exitCode, stderr } = await meshtrust('run');
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`Name its context (--context; there are: ${cluster.context})`);
});

it('says before a run what it would meet', async () => {
  const { exitCode, stdout } = await meshtrust('doctor', '--context', cluster.context);
  expect(stdout).toContain('✔ Nothing there is in the way of a lab.');
  expect(stdout).toContain('✔ This user may do what a run does.');
  expect(exitCode).toBe(0);
});

/** What is on record on this machine. */
const runs = () => allRuns().map(({ id }) => id);

/** In the way of a lab, each in a way of its own. */
const IN_THE_WAY = [
  {
    what: 'another control plane',
    objects: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod, namespace: theirs, labels: { app: istiod } }
spec:
  replicas: 0
  selector: { matchLabels: { app: istiod } }
  template: { metadata: { labels: { app: istiod } }, spec: { containers: [{ name: discovery, image: x.invalid/x }] } }
`,
    only: 'trust.split.*',
    says: 'another Istio control plane is there: theirs/istiod',
  },
  {
    what: 'the article’s own names',
    objects: `
apiVersion: v1
kind: Namespace
metadata: { name: cert-manager }
---
apiVersion: v1
kind: Secret
metadata: { name: root-ca-key-pair, namespace: cert-manager }
stringData: { tls.key: the user's root CA key }
`,
    only: 'trust.cert-manager.*',
    says: 'Secret cert-manager/root-ca-key-pair is there already',
  },
  {
    what: 'a workload that is in an ambient mesh',
    objects: `
apiVersion: v1
kind: Namespace
metadata: { name: ambient, labels: { istio.io/dataplane-mode: ambient } }
`,
    only: 'trust.split.*',
    says: 'namespace ambient is in an ambient mesh',
  },
];

it.each(IN_THE_WAY)('begins nothing where $what is there, and says so', async ({ objects, only, says }) => {
  await cluster.kubectl(['apply', '--filename', '-'], objects);
  const [before, recorded] = [await everything(), runs()];
  const out = mkdtempDisposableSync(join(folder, 'refused-')).path;
  const { exitCode, stdout } = await meshtrust('run', '--context', cluster.context, '--out', out, '--only', only);
  expect(stdout).toContain('has no room for a lab, and nothing was changed in it.');
  expect(stdout).toContain(says);
  expect(exitCode).toBe(3);
  expect(await everything()).toEqual(before);
  expect(runs().filter((id) => !recorded.includes(id))).toEqual([]);
  await cluster.kubectl(['delete', '--filename', '-'], objects);
});

it('takes a lab along that is interrupted on its way up', async () => {
  const before = await everything();
  const coming = eventually(() => cluster.kubectl(['get', 'namespace', 'istio-system']), {
    waitingFor: 'the lab to be under way',
    within: 'testJob',
  });
  const settings = join(folder, 'meshtrust.yaml');
  writeFileSync(settings, stringify({ supply: kind, registry: registry.store('lab') }));
  const words = ['up', '--config', settings, '--cluster', 'kubeconfig', '--kubeconfig', cluster.kubeconfig];
  const child = spawn(
    process.execPath,
    [join(ROOT, 'harness', 'cli', 'main.ts'), ...words, '--context', cluster.context],
    {
      stdio: 'ignore',
    },
  );
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await coming;
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(await everything()).toEqual(before);
});

it('judges both remedies there and leaves the cluster as it was', async () => {
  const before = await everything();
  const out = join(folder, 'report');
  // What the whole profile leaves behind is of the same kinds: Secrets, ConfigMaps, cert-manager's resources.
  const claims = ['--only', 'trust.split.*', 'trust.manual.*', 'trust.cert-manager.*'];
  const { exitCode, stdout, stderr } = await meshtrust(
    ...['run', '--context', cluster.context, '--way-in', 'port-forward', '--out', out, ...claims],
  );
  expect(await everything()).toEqual(before);
  const leaving = parse(readFileSync(join(out, 'evidence', 'lab', 'cluster-before-and-after.yaml'), 'utf8')) as object;
  expect(leaving).toMatchObject({ added: [], gone: [], changed: [], unread: [], kept: [] });
  const report = parse(readFileSync(join(out, 'conformance.yaml'), 'utf8')) as ConformanceReport;
  expect(report.notes.join('\n')).toMatch(/the cluster is as it was found: (\d+) objects before, \1 after/);
  expect({ exitCode, summary: report.summary }, stdout + stderr).toMatchObject({ exitCode: 0, summary: { failed: 0 } });
});
