import { afterAll, beforeAll, expect, it } from 'vitest';
import { Session } from '../run/session.ts';
import { differenceOf, listAll } from './listing.ts';
import { openStage } from './stage.ts';
import { isWell, plansFor, runThere, type Stage, tryFault } from './trial.ts';

const SEED = 11;
/** The short form: `npm run faults` is the long one. */
const RUNS = 8;
/** The policy of others is changed and given back; with a remedy, as in the long form, each run takes twice as long. */
const ONLY = ['trust.not-remedies.permissive'];
/** Fewer than such a run makes, 3,000 or so: each fault is to come. */
const CALLS = 2_500;

const resources = new AsyncDisposableStack();
let stage: Stage;

beforeAll(async () => {
  const session = resources.use(new Session());
  const { world, ...rest } = await openStage('their-planes', session);
  stage = { ...rest, world: { ...world, only: ONLY } };
});
afterAll(() => resources.disposeAsync());

it.each(plansFor(RUNS, CALLS, SEED))('$fault at call $at leaves somebody’s world as it was', async (plan) => {
  const trial = await tryFault(stage, plan);
  expect(isWell(trial), JSON.stringify(trial, undefined, 2)).toBe(true);
});

it('has no room for a lab where its planes serve somebody’s proxies already', async () => {
  const { cluster } = stage.world;
  // An image that no run here has pulled: one that a run has pulled with credentials kubelet keeps for pods that have them,
  // though it was there before (Kubernetes 1.35, «Ensure secret pulled images»).
  const image = await cluster.kubectl([
    ...['--namespace', 'istio-system', 'get', 'deployment', 'istiod'],
    ...['--output', 'jsonpath={.spec.template.spec.containers[0].image}'],
  ]);
  const client = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'served', labels: { 'istio-discovery': 'default' } } },
    {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name: 'client', namespace: 'served', labels: { 'sidecar.istio.io/inject': 'true' } },
      spec: { containers: [{ name: 'client', image, command: ['sleep', 'infinity'] }] },
    },
  ];
  await cluster.kubectl(['apply', '--filename', '-'], client.map((object) => JSON.stringify(object)).join('\n---\n'));
  await cluster.kubectl(['--namespace', 'served', 'wait', '--for=condition=Ready', 'pod/client', '--timeout', '120s']);
  const before = await listAll(cluster);
  const { code, output } = await runThere(stage, undefined);
  expect(output).toContain('has no room for a lab, and nothing was changed in it.');
  expect(output).toContain('pod served/client is in a mesh, or asks to be, by its labels');
  expect(output).toContain('istio-system/istiod serves client.served, which would get another CA');
  expect(code).toBe('3');
  expect(differenceOf(before, await listAll(cluster))).toEqual({ leftOver: [], lost: [], changed: [] });
  await cluster.kubectl(['delete', 'namespace', 'served']);
});
