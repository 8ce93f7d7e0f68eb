import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject, V1Job, V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { connect } from '../cluster/access.ts';
import { execInNodes, nodeName } from '../cluster/k3d.ts';
import { compareInventories } from '../cluster/ownership/compare.ts';
import { type PlainCluster, startPlainCluster } from '../supply/testing/plain-cluster.ts';
import type { Kube } from '../cluster/kube/client.ts';
import { type Inventory, takeInventory } from '../cluster/kube/inventory.ts';
import { ROOT } from '../common/paths.ts';
import { run, tryRun } from '../common/process.ts';
import type { ConformanceReport } from '../verdict/report/model.ts';
import { eventually, Fatal } from '../common/retry.ts';
import { Session } from '../run/session.ts';
import { secretsIn } from '../supply/registry-login.ts';
import { chooseSupply } from '../supply/choose.ts';
import { openSupply } from '../supply/open.ts';
import type { SupplyKind } from '../supply/supply.ts';
import { docker, imagesLike } from '../supply/testing/images.ts';
import { type StartedRegistry, startRegistry } from '../supply/testing/registry.ts';
import { IMAGE_HUB } from '../supply/hub.ts';
import { VERSIONS } from '../supply/versions.ts';

const NAMESPACE = 'meshtrust-job';
const JOB_IMAGE = `${IMAGE_HUB}/job:`;

const resources = new AsyncDisposableStack();
let session: Session;
let kind: SupplyKind;
let registry: StartedRegistry;
let cluster: PlainCluster;
/** The images of Jobs that the engine had before. */
let existing: string[];
/** Folder for what the test writes. */
let folder: string;

beforeAll(async () => {
  session = resources.use(new Session());
  await session.engine();
  existing = imagesLike(JOB_IMAGE);
  folder = resources.use(mkdtempDisposableSync(join(tmpdir(), 'meshtrust-job-'))).path;
  registry = resources.use(await startRegistry(session.id, session.signal));
  ({ kind } = await chooseSupply('auto'));
  const supply = openSupply(kind, [VERSIONS.istio], { pullsItself: false }, session.progress, session.signal);
  const parts = await supply.core();
  cluster = await startPlainCluster(session.id, parts, registry.registries, session.signal);
});
afterAll(async () => {
  const made = imagesLike(JOB_IMAGE).filter((line) => !existing.includes(line));
  if (made.length > 0) docker('image', 'rm', ...made.map((line) => line.replace(/@.*/, '')));
  await resources.disposeAsync();
});

const meshtrust = (...words: string[]) => tryRun([process.execPath, join(ROOT, 'harness', 'cli', 'main.ts'), ...words]);
const kubectl = (...words: string[]) => cluster.kubectl(words);

/** All that the pod of an index has said. */
const logOf = (index: number) =>
  kubectl(
    ...['--namespace', NAMESPACE, 'logs', '--tail=-1'],
    ...['--selector', `batch.kubernetes.io/job-completion-index=${index}`],
  );

async function done(indexes: string): Promise<void> {
  await eventually(
    async () => {
      const words = ['--namespace', NAMESPACE, 'get', 'job', 'meshtrust', '--output', 'json'];
      const { status } = JSON.parse(await kubectl(...words)) as V1Job;
      const failed = status?.failedIndexes ?? '';
      if (failed !== '') throw new Fatal(new Error(`index ${failed} failed:\n${await logOf(Number.parseInt(failed))}`));
      if (status?.completedIndexes !== indexes) throw new Error(`done are: ${status?.completedIndexes ?? 'none'}`);
    },
    { waitingFor: `indexes ${indexes} of the Job`, within: 'testJob', signal: session.signal },
  );
}

/** The Job of these words, in the cluster with what its user is told to make: path of its manifest. */
async function startJob(words: readonly string[], only: readonly string[]): Promise<string> {
  const { push, pull, config } = registry.store('job');
  const settings = join(folder, 'meshtrust.yaml');
  writeFileSync(settings, stringify({ supply: kind, registry: { push, pull, config }, only }));
  const { exitCode, stdout, stderr } = await meshtrust('job', '--config', settings, ...words);
  expect(exitCode, stderr).toBe(0);
  for (const secret of secretsIn(config)) expect(stdout + stderr).not.toContain(secret);
  const manifest = join(folder, 'job.yaml');
  writeFileSync(manifest, stdout);
  await kubectl('apply', '--filename', manifest);
  const [, hint = ''] = /kubectl (--namespace .*)/.exec(stderr) ?? [];
  await kubectl(...hint.split(' '));
  return manifest;
}

const differences = async (kube: Kube, before: Inventory) => {
  const { added, gone } = compareInventories(before, await takeInventory(kube));
  return [...added, ...gone];
};

it('judges the cluster it runs in shard by shard, and leaves it as it was', async () => {
  const kube = connect(cluster);
  const before = await takeInventory(kube);
  const manifest = await startJob(['--shards', '2'], ['trust.split.*', 'trust.manual.*']);
  await done('0,1');

  const shards = await Promise.all(
    [0, 1].map(async (index) => {
      const report = await run(['sed', '1,/^=== conformance.yaml ===$/d'], { input: await logOf(index) });
      const shard = join(folder, `shard-${index}`);
      mkdirSync(shard);
      writeFileSync(join(shard, 'conformance.yaml'), report);
      return { shard, report: parse(report) as ConformanceReport };
    }),
  );
  for (const { report } of shards) {
    expect(report).toMatchObject({ supply: kind, supplyReason: 'from a bundle', result: 'conformant' });
    expect(report.notes).toContainEqual(
      expect.stringMatching(/^the cluster is as it was found: (\d+) objects before, \1 after$/),
    );
  }
  const merged = await meshtrust('merge', ...shards.map(({ shard }) => shard), '--out', join(folder, 'all'));
  expect(merged.stdout).toMatch(/\nconformant: (\d+) of \1 claims passed \(trust, openshift-4\.22, supply \w+\)\n/);
  expect(merged.exitCode).toBe(0);

  await kubectl('delete', '--filename', manifest, '--wait');
  expect(await differences(kube, before)).toEqual([]);
});

it('takes its lab along when it is deleted, and has said so on its volume', async () => {
  const kube = connect(cluster);
  const before = await takeInventory(kube);
  await execInNodes(session.id, ['install', '--directory', '--mode', '777', VOLUME], { signal: session.signal });
  const manifest = await startJob(['--shards', '1', '--volume-claim', 'results'], ['trust.split.mesh-works']);
  await cluster.kubectl(
    ['apply', '--filename', '-'],
    volume()
      .map((object) => JSON.stringify(object))
      .join('\n---\n'),
  );
  await eventually(() => kube.core.readNamespace({ name: 'bookinfo' }), {
    waitingFor: 'the Job to have a lab',
    within: 'testJob',
  });
  await kubectl('--namespace', NAMESPACE, 'delete', 'job', 'meshtrust', '--cascade=foreground', '--wait');

  const text = await run(['docker', 'exec', nodeName(session.id), 'cat', `${VOLUME}/0/conformance.yaml`]);
  const report = parse(text) as ConformanceReport;
  expect(report).toMatchObject({ result: 'incomplete', failure: { kind: 'interrupted' } });
  await kubectl('delete', '--filename', manifest, '--ignore-not-found', '--wait');
  await kubectl('delete', 'persistentvolume', 'results', '--wait');
  expect(await differences(kube, before)).toEqual([]);
});

/** Folder of the node that the volume is. */
const VOLUME = '/var/lib/results';

/** A volume and a claim for it, as a cluster's administrator makes them. */
function volume(): KubernetesObject[] {
  const common = { storageClassName: '', accessModes: ['ReadWriteOnce'] };
  const storage = '1Gi';
  const persistent: V1PersistentVolume = {
    ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'results' } },
    spec: { ...common, capacity: { storage }, hostPath: { path: VOLUME } },
  };
  const claim: V1PersistentVolumeClaim = {
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'results', namespace: NAMESPACE } },
    spec: { ...common, volumeName: 'results', resources: { requests: { storage } } },
  };
  return [persistent, claim];
}
