import type { KubernetesObject } from '@kubernetes/client-node';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { saveAccess } from '../access.ts';
import { downCommand } from '../../cli/down.ts';
import { planAround } from '../conflicts.ts';
import { type PlainCluster, startPlainCluster } from '../../supply/testing/plain-cluster.ts';
import { differenceOf, isSame, listAll, type Listing } from '../../faults/listing.ts';
import { type FaultyProxy, startFaultyProxy } from '../../faults/proxy.ts';
import { connectKube, type Kube } from '../kube/client.ts';
import { takeInventory } from '../kube/inventory.ts';
import { openWay } from '../../lab/mesh/addresses.ts';
import { loadDistribution } from '../../lab/mesh/distribution.ts';
import { collectLogs, podTroubles } from '../../lab/mesh/logs.ts';
import { eventually } from '../../common/retry.ts';
import { removeRun, Session } from '../../run/session.ts';
import { thisProcess } from '../state/owner.ts';
import { allRuns, recordRun, saveRun, scratchFolder } from '../state/runs.ts';
import { chooseSupply } from '../../supply/choose.ts';
import { openSupply } from '../../supply/open.ts';
import { VERSIONS } from '../../supply/versions.ts';
import { scaleDeadlines } from '../../common/deadlines.ts';
import { RUN_LABEL } from './label.ts';
import { ledgerInCluster } from './ledger.ts';
import { removeFromCluster } from './remove-from-cluster.ts';
import { assertFree, identityOfCluster, lockCluster } from './lock.ts';
import { apply, change, type Proprietor, remove, removeMadeBy } from './objects.ts';
import { readRecord, recordReference } from './record.ts';
import { scale } from './rollout.ts';

const RUN = 'run-1';
const resources = new AsyncDisposableStack();
let cluster: PlainCluster;
let proxy: FaultyProxy;
let kube: Kube;
let before: Listing;

beforeAll(async () => {
  const session = resources.use(new Session());
  await session.engine();
  const { kind } = await chooseSupply('auto');
  const supply = openSupply(kind, [VERSIONS.istio], { pullsItself: false }, session.progress, session.signal);
  cluster = await startPlainCluster(session.id, await supply.core(), undefined, session.signal);
  proxy = resources.use(await startFaultyProxy(cluster.kubeconfig, scratchFolder('proxy')));
  kube = connectKube(cluster.kubeconfig);
  await theirs(namespace('theirs'), map('theirs', 'settings', { colour: 'green' }), DEPLOYMENT);
});
afterAll(() => resources.disposeAsync());
beforeEach(async () => {
  before = await listAll(cluster);
});
afterEach(async () => {
  scaleDeadlines(1);
  proxy.plan(undefined, () => undefined);
  await cluster.kubectl(['delete', 'namespace', 'meshtrust', 'ours', 'theirs-too', '--ignore-not-found']);
  await cluster.kubectl(['delete', 'crd', 'things.ours.example.com', '--ignore-not-found']);
});

const namespace = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const map = (where: string, name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: where, labels }, data }) as KubernetesObject;
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop', namespace: 'theirs' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: { containers: [{ name: 'shop', image: 'shop.invalid/shop' }] },
    },
  },
} as KubernetesObject;
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.ours.example.com' },
  spec: {
    group: 'ours.example.com',
    scope: 'Namespaced',
    names: { kind: 'Thing', plural: 'things', singular: 'thing' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
} as KubernetesObject;
const THING = { apiVersion: 'ours.example.com/v1', kind: 'Thing', metadata: { name: 'mine', namespace: 'theirs' } };

/** An API of somebody's whose server is not there. */
const UNSERVED = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1.unserved.example.com' },
  spec: {
    group: 'unserved.example.com',
    version: 'v1',
    groupPriorityMinimum: 1000,
    versionPriority: 15,
    insecureSkipTLSVerify: true,
    service: { namespace: 'theirs', name: 'nobody' },
  },
};

/** Somebody else's objects, by kubectl. */
async function theirs(...objects: KubernetesObject[]): Promise<void> {
  await cluster.kubectl(['apply', '--filename', '-'], objects.map((object) => JSON.stringify(object)).join('\n---\n'));
}

/** A run that has taken the cluster. */
async function tenant(by = kube, runId = RUN): Promise<Proprietor> {
  const inventory = await takeInventory(by, { digests: true });
  const remains = { leftovers: [], restarts: [] };
  await lockCluster(by, { runId, owner: thisProcess(), cluster: await identityOfCluster(by), ...remains }, inventory);
  return { kube: by, runId, ledger: ledgerInCluster(by, runId), shared: [] };
}

const data = async (where: string, name: string) =>
  JSON.parse(
    await cluster.kubectl(['--namespace', where, 'get', 'configmap', name, '--output', 'jsonpath={.data}']),
  ) as object;
const isAsBefore = async () => differenceOf(before, await listAll(cluster));
const NEVER = new AbortController().signal;
const NOTHING = { leftOver: [], lost: [], changed: [] };

describe('a cluster', () => {
  it('holds one lab: a second run changes nothing, and is told whose it is', async () => {
    const first = await tenant();
    const held = await listAll(cluster);
    await expect(tenant(kube, 'run-2')).rejects.toThrow(
      /holds the lab of run run-1, process \d+ on .*heard of \d+ s ago/,
    );
    await expect(assertFree(kube)).rejects.toThrow(/down --cluster kubeconfig --context \S+ run-1$/m);
    expect(differenceOf(held, await listAll(cluster))).toEqual(NOTHING);
    await removeFromCluster(kube, first.runId);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('that another run holds is not left for it', async () => {
    const first = await tenant();
    await apply(first, [namespace('ours')]);
    await removeFromCluster(kube, 'run-2');
    expect((await readRecord(kube))?.tenant.runId).toBe(RUN);
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('that a context has come to mean is not touched in the place of another', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours')]);
    recordRun(RUN);
    saveAccess(RUN, { kubeconfig: cluster.kubeconfig, context: cluster.context, guestOf: 'of another cluster' });
    const held = await listAll(cluster);
    await expect(removeRun(RUN)).rejects.toThrow(
      /leads to another cluster than when run run-1 began\.\nNothing was removed there\./,
    );
    expect(differenceOf(held, await listAll(cluster))).toEqual(NOTHING);
    expect(allRuns().map(({ id }) => id)).toContain(RUN);
    saveAccess(RUN, {
      kubeconfig: cluster.kubeconfig,
      context: cluster.context,
      guestOf: await identityOfCluster(kube),
    });
    await removeRun(RUN);
    expect(allRuns().map(({ id }) => id)).not.toContain(RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('that holds nothing of a dead run any more takes it off the record of this machine', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    saveRun({ ...recordRun(RUN), owner: { ...thisProcess(), pid } });
    const flags = { kubeconfig: cluster.kubeconfig, context: cluster.context };
    saveAccess(RUN, { ...flags, guestOf: await identityOfCluster(kube) });
    expect(await downCommand(undefined, { cluster: 'kubeconfig', ...flags })).toBe(0);
    expect(allRuns().map(({ id }) => id)).not.toContain(RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('that the record is not about is not touched', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours')]);
    const record = JSON.parse(
      await cluster.kubectl([...'--namespace meshtrust get configmap lab --output json'.split(' ')]),
    ) as {
      data: { tenant: string };
    };
    const other = { ...(JSON.parse(record.data.tenant) as object), cluster: 'another' };
    const patch = JSON.stringify({ data: { tenant: JSON.stringify(other) } });
    await cluster.kubectl([
      '--namespace',
      'meshtrust',
      'patch',
      'configmap',
      'lab',
      '--type',
      'merge',
      '--patch',
      patch,
    ]);
    const held = await listAll(cluster);
    await expect(removeFromCluster(kube, RUN)).rejects.toThrow(
      'is not the cluster that the record of run run-1 is about',
    );
    expect(differenceOf(held, await listAll(cluster))).toEqual(NOTHING);
  });
});

describe('objects of others', () => {
  it('are neither overwritten nor removed, whatever is applied', async () => {
    const run = await tenant();
    await expect(apply(run, [map('theirs', 'settings', { colour: 'red' })])).rejects.toThrow(
      'ConfigMap theirs/settings is there, and was not made by run run-1: it was left alone.',
    );
    await expect(remove(run, [map('theirs', 'settings')])).rejects.toThrow('it was left alone');
    expect(await data('theirs', 'settings')).toEqual({ colour: 'green' });
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('are not what a controller of the run has made in a namespace of the run, which may go', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours')]);
    const byIstiod = (object: KubernetesObject) =>
      cluster.kubectl(['create', '--field-manager', 'pilot-discovery', '--filename', '-'], JSON.stringify(object));
    // An object without a field of anybody's has no manager.
    const made = (where: string) => map(where, 'made', { whose: 'of istiod' });
    const removal = (object: KubernetesObject) => removeMadeBy('pilot-discovery', run, object);
    await byIstiod(made('ours'));
    await removal(made('ours'));
    await removal(made('ours'));
    expect(await cluster.kubectl(['--namespace', 'ours', 'get', 'configmaps', '--output', 'name'])).not.toContain(
      'made',
    );

    await byIstiod(made('theirs'));
    await byIstiod(made('ours'));
    await cluster.kubectl(['--namespace', 'ours', 'label', 'configmap', 'made', 'whose=mine']);
    await theirs(map('ours', 'mine'));
    for (const object of [made('theirs'), made('ours'), map('ours', 'mine')]) {
      await expect(removal(object)).rejects.toThrow('it was left alone');
    }
    await cluster.kubectl(['--namespace', 'theirs', 'delete', 'configmap', 'made']);
    await removeFromCluster(kube, RUN);
  });

  it('with the run’s label stay: one that was copied, and one made anew under the name of the run’s', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours'), map('ours', 'one')]);
    const labels = { [RUN_LABEL]: RUN };
    await theirs(map('theirs', 'copy', { whose: 'mine' }, labels));
    await cluster.kubectl(['--namespace', 'ours', 'delete', 'configmap', 'one']);
    await theirs(map('ours', 'one', { whose: 'mine' }, labels));
    const { kept } = await removeFromCluster(kube, RUN);
    expect(kept.join('\n')).toMatch(/ConfigMap ours\/one carries this run's label and was not made by it/);
    expect(kept.join('\n')).toMatch(/ConfigMap theirs\/copy carries this run's label/);
    expect(kept.join('\n')).toMatch(/Namespace ours stays, for something of others is in it: ConfigMap ours\/one/);
    expect(await data('ours', 'one')).toEqual({ whose: 'mine' });
    expect(await data('theirs', 'copy')).toEqual({ whose: 'mine' });
    await cluster.kubectl(['--namespace', 'theirs', 'delete', 'configmap', 'copy']);
  });

  it('keep the CRD and the namespace that they are in, which are named; the run’s own in there go', async () => {
    const run = await tenant();
    await apply(run, [CRD, namespace('ours'), map('ours', 'one')]);
    await apply(run, [{ ...THING, metadata: { name: 'ours', namespace: 'ours' } }]);
    await theirs(THING, map('ours', 'mine', { whose: 'mine' }));
    const { kept } = await removeFromCluster(kube, RUN);
    expect(kept).toEqual([
      'CustomResourceDefinition.apiextensions.k8s.io things.ours.example.com stays, for something of others is in it: Thing.ours.example.com theirs/mine',
      'Namespace ours stays, for something of others is in it: ConfigMap ours/mine',
    ]);
    const left = await cluster.kubectl(['get', 'configmaps,things', '--namespace', 'ours', '--output', 'name']);
    expect(left.trim().split('\n').sort()).toEqual(['configmap/kube-root-ca.crt', 'configmap/mine']);
    expect(await cluster.kubectl(['--namespace', 'theirs', 'get', 'things', '--output', 'name'])).toContain('/mine');
  });

  it('that a run may share are used as they are, by each version of it, and stay', async () => {
    await theirs(CRD);
    before = await listAll(cluster);
    const { shared } = planAround(await takeInventory(kube), [CRD]);
    const run = { ...(await tenant()), shared };
    for (const version of ['1.28.2', '1.29.1']) {
      await apply(run, [{ ...CRD, metadata: { ...CRD.metadata, annotations: { version } } }, namespace('ours')]);
    }
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('keep the namespace of the record too', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours')]);
    await theirs(map('meshtrust', 'mine', { whose: 'mine' }));
    const { kept } = await removeFromCluster(kube, RUN);
    expect(kept).toEqual(['Namespace meshtrust stays, for something of others is in it']);
    expect(await data('meshtrust', 'mine')).toEqual({ whose: 'mine' });
  });

  it('keep it where they cannot be seen', async () => {
    await tenant();
    const { metadata: lab } = recordReference;
    await cluster.kubectl(['--namespace', lab.namespace, 'delete', 'configmap', lab.name]);
    await theirs(UNSERVED);
    scaleDeadlines(0.1);
    const { kept } = await removeFromCluster(kube, RUN);
    await cluster.kubectl(['delete', 'apiservice', UNSERVED.metadata.name]);
    expect(kept).toEqual([
      expect.stringMatching(
        /^Namespace meshtrust stays, for not all that may be in it can be seen: .*everything of unserved\.example\.com: /,
      ),
    ]);
    expect(await cluster.kubectl(['get', 'namespace', 'meshtrust', '--output', 'name'])).toContain('meshtrust');
  });

  it('are given back as they were, whatever was changed and how often, by whoever removes the lab', async () => {
    const run = await tenant();
    await change(run, map('theirs', 'settings', { colour: 'red', size: '7' }));
    await change(run, map('theirs', 'settings', { colour: 'blue' }));
    await scale(run, { namespace: 'theirs', name: 'shop' }, 0);
    await scale(run, { namespace: 'theirs', name: 'shop' }, 1);
    expect(await data('theirs', 'settings')).toEqual({ colour: 'blue', size: '7' });
    const { changed, givenBack } = await removeFromCluster(connectKube(cluster.kubeconfig), RUN);
    expect(changed).toEqual([]);
    expect(givenBack).toEqual(['Deployment.apps theirs/shop']);
    expect(await data('theirs', 'settings')).toEqual({ colour: 'green' });
    expect(await isAsBefore()).toEqual(NOTHING);
  });
});

describe('objects of the run', () => {
  it('lose with the next version what that leaves out, and keep what others have put in', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours'), map('ours', 'one', { a: '1', b: '1' })]);
    await cluster.kubectl(['--namespace', 'ours', 'patch', 'configmap', 'one', '--patch', '{"data":{"theirs":"1"}}']);
    await apply(run, [map('ours', 'one', { a: '2' })]);
    expect(await data('ours', 'one')).toEqual({ a: '2', theirs: '1' });
    await apply(run, [map('ours', 'one', { c: '3' })]);
    expect(await data('ours', 'one')).toEqual({ c: '3', theirs: '1' });
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('are changed where what they occupy can be had only once, by themselves', async () => {
    const run = await tenant();
    const service = (app: string) =>
      ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'way-in', namespace: 'ours' },
        spec: { type: 'NodePort', selector: { app }, ports: [{ port: 80, nodePort: 31080 }] },
      }) as KubernetesObject;
    await apply(run, [namespace('ours'), service('one'), map('ours', 'one', { a: '1' })]);
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'full', namespace: 'ours' } };
    await apply(run, [{ ...quota, spec: { hard: { configmaps: '0' } } } as KubernetesObject]);
    await apply(run, [service('two'), map('ours', 'one', { a: '2' })]);
    const selector = await cluster.kubectl([
      '-n',
      'ours',
      'get',
      'svc',
      'way-in',
      '-o',
      'jsonpath={.spec.selector.app}',
    ]);
    expect([selector, await data('ours', 'one')]).toEqual(['two', { a: '2' }]);
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('are not made where they are refused, and the reason is told', async () => {
    const run = await tenant();
    const odd = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'odd', namespace: 'ours' },
      spec: { ports: [] },
    };
    await apply(run, [namespace('ours')]);
    await expect(apply(run, [odd as KubernetesObject])).rejects.toThrow(/Service ours\/odd was refused: 422: .*ports/);
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('are known again by another process, and where the answer to their making got lost', async () => {
    const through = connectKube(proxy.kubeconfig);
    const run = await tenant(through);
    await apply(run, [namespace('ours')]);
    proxy.plan({ fault: 'lost answer', at: proxy.calls().length === 0 ? 1 : 2 }, () => undefined);
    await apply(run, [map('ours', 'one', { a: '1' })]);
    proxy.plan(undefined, () => undefined);
    await remove({ ...run, ledger: ledgerInCluster(kube, RUN) }, [map('ours', 'one')]);
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });
});

describe('a way in that is chosen by itself', () => {
  /** Nodes whose address takes a connection and says nothing, as one behind a firewall does; on this machine's loopback. */
  const NODES = Array.from({ length: 30 }, (_, index) => `127.0.1.${index + 1}`);
  const GATEWAY = { namespace: 'ours', name: 'gateway' };
  const silent = createServer();
  const sockets = new Set<Socket>();
  let most: number;

  /** A Service of the run that no pod answers for, at a node port that none of the nodes is heard at. */
  async function unreachable(): Promise<Proprietor> {
    const run = await tenant();
    const spec = { type: 'NodePort', ports: [{ port: 80 }], selector: { app: 'nobody' } };
    await apply(run, [
      namespace('ours'),
      { apiVersion: 'v1', kind: 'Service', metadata: GATEWAY, spec } as KubernetesObject,
    ]);
    const { spec: made } = await kube.core.readNamespacedService(GATEWAY);
    await once(silent.listen(made?.ports?.[0]?.nodePort, '0.0.0.0'), 'listening');
    const node = (address: string, index: number) => ({
      ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: `silent-${index}` } },
      status: { addresses: [{ type: 'InternalIP', address }] },
    });
    await theirs(...NODES.map(node));
    return run;
  }

  beforeEach(() => {
    most = 0;
    silent.on('connection', (socket) => {
      sockets.add(socket);
      most = Math.max(most, new Set([...sockets].map(({ localAddress }) => localAddress)).size);
      socket.on('close', () => sockets.delete(socket));
    });
  });
  afterEach(async () => {
    silent.removeAllListeners('connection');
    for (const socket of sockets) socket.destroy();
    silent.close();
    scaleDeadlines(1);
    await cluster.kubectl(['delete', 'node', ...NODES.map((_, index) => `silent-${index}`), '--ignore-not-found']);
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });

  it('is a port-forward where no node answers: all are tried at once, and none stays open to others', async () => {
    const run = await unreachable();
    await using held = new AsyncDisposableStack();
    const { exposure, address } = await openWay(
      run,
      { service: GATEWAY, wayIn: 'auto' },
      (one) => held.use(one),
      NEVER,
    );
    expect({ exposure, host: address.host }).toEqual({ exposure: { type: 'ClusterIP' }, host: '127.0.0.1' });
    expect(most).toBe(NODES.length);
    const { spec } = await kube.core.readNamespacedService(GATEWAY);
    expect({ type: spec?.type, nodePort: spec?.ports?.[0]?.nodePort }).toEqual({ type: 'ClusterIP' });
  });

  it('ends with its run', async () => {
    const run = await unreachable();
    const end = new AbortController();
    silent.once('connection', () => end.abort(new Error('the run has ended')));
    scaleDeadlines(20);
    const opening = openWay(run, { service: GATEWAY, wayIn: 'auto' }, () => undefined, end.signal);
    await expect(opening).rejects.toThrow('the run has ended');
    expect((await kube.core.readNamespacedService(GATEWAY)).spec?.type).toBe('NodePort');
  });
});

describe('leaving', () => {
  const NAMES = ['a', 'b', 'c', 'd'];

  it.each([
    ['429', 3],
    ['503', 20],
    ['cut', 30],
    ['lost answer', 60],
    ['410', 40],
  ] as const)('comes to its end in spite of a %s at call %d', async (fault, at) => {
    const run = await tenant();
    await apply(run, [namespace('ours'), CRD, ...NAMES.map((name) => map('ours', name))]);
    proxy.plan({ fault, at }, () => undefined);
    await removeFromCluster(connectKube(proxy.kubeconfig), RUN);
    expect(proxy.calls().length).toBeGreaterThan(at);
    expect(isSame(await isAsBefore())).toBe(true);
  });

  it('ends with what to do where the credentials have expired, and `down` has the rest', async () => {
    const run = await tenant();
    await apply(run, [namespace('ours'), ...NAMES.map((name) => map('ours', name))]);
    proxy.plan({ fault: 'expired', at: 25 }, () => undefined);
    const failed = removeFromCluster(connectKube(proxy.kubeconfig), RUN);
    await expect(failed).rejects.toMatchObject({ kind: 'environment' });
    await expect(failed).rejects.toThrow(/could not be left as it was: .*401.*\nWhat is left .* down run-1$/s);
    await removeFromCluster(kube, RUN);
    expect(await isAsBefore()).toEqual(NOTHING);
  });
});

describe('evidence', () => {
  it('has pods and logs of the lab alone, whoever else has some in its namespaces', async () => {
    const run = await tenant();
    const pod = { containers: [{ name: 'main', image: 'shop.invalid/shop' }] };
    const deployment = (name: string) =>
      ({
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'bookinfo' } },
        spec: {
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name } }, spec: pod },
        },
      }) as KubernetesObject;
    await apply(run, [namespace('bookinfo'), deployment('details-v1')]);
    await theirs(deployment('their-shop'));
    const distribution = loadDistribution('openshift-4.22');
    await eventually(
      async () => {
        const [logs, troubles] = await Promise.all([
          collectLogs(kube, RUN, distribution),
          podTroubles(kube, RUN, distribution),
        ]);
        expect(logs.map(({ file }) => file)).toEqual([expect.stringMatching(/^bookinfo_details-v1-\S+_main\.log$/)]);
        expect(troubles).toContain('details-v1');
        expect(troubles).not.toContain('their-shop');
      },
      { waitingFor: 'the pods of both to be there', within: 'converge' },
    );
    await cluster.kubectl(['delete', '--namespace', 'bookinfo', 'deployment', 'their-shop', '--cascade=foreground']);
    await removeFromCluster(kube, run.runId);
    expect(await isAsBefore()).toEqual(NOTHING);
  });
});

describe('an inventory', () => {
  it('is whole in spite of lists that are refused once', async () => {
    for (const fault of ['429', '503', '410', 'cut'] as const) {
      proxy.plan({ fault, at: 40 }, () => undefined);
      expect((await takeInventory(connectKube(proxy.kubeconfig))).unread).toEqual([]);
    }
  });
});
