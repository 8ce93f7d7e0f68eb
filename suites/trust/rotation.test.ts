import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import { livePods, rolledOut } from '../../harness/cluster/kube/rollout.ts';
import { BOOKINFO, type Lab } from '../../harness/lab/mesh/lab.ts';
import { PLANES } from '../../harness/observations/planes.ts';
import { scale } from '../../harness/cluster/ownership/rollout.ts';
import { readUpstreams } from '../../harness/lab/probe/connections.ts';
import { listProxies, readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { manual } from '../../harness/lab/remedies/manual.ts';
import { type Plugged, rotateIntermediates, rotateRoot, swapRoot } from '../../harness/lab/remedies/rotate.ts';
import { eventually } from '../../harness/common/retry.ts';
import { issuedBy, trustsOnly, verifiesTo } from '../../harness/verdict/trust/proxy-verdict.ts';
import { splitBaseline } from '../support/baseline.ts';
import { certificatesOf, everyProxy, noFaults } from '../support/checks.ts';
import { assertRotated } from '../support/assert-rotated.ts';
import { watchReload } from '../support/reload.ts';
import { lossIn, type UnderTraffic, underTraffic, VERIFY_FAILED } from '../support/traffic.ts';
import { andUndo } from '../support/undo.ts';

/** What the last claim has left plugged in, for the next to rotate; undefined while that is not known. */
let plugged: Plugged | undefined;

async function joined({ lab, keepSecret }: ClaimContext): Promise<Plugged> {
  await splitBaseline(lab);
  return await manual.apply(lab, keepSecret);
}

/** Rotates what is plugged in, in the joined lab and under traffic. */
async function rotate<T extends Plugged>(
  context: ClaimContext,
  rotation: (before: Plugged) => Promise<T>,
  options?: { atLeast: number },
): Promise<UnderTraffic<T> & { before: Plugged }> {
  const before = plugged ?? (await joined(context));
  plugged = undefined; // half a rotation is nothing to start from
  const outcome = await underTraffic(context, () => rotation(before), options);
  plugged = outcome.value;
  return { before, ...outcome };
}

/** Both sides of the hop between the planes: of each a proxy is added that gets the new issuer. */
const PRODUCTPAGE = BOOKINFO.filter(({ name }) => name === 'productpage-v1');
const added = ({ gateway }: Lab) => [gateway, ...PRODUCTPAGE];

claim('trust.rotation.intermediates', (context) =>
  andUndo(
    () => rotatesIntermediates(context),
    () => replicate(context.lab, 1),
  ),
);

async function rotatesIntermediates(context: ClaimContext): Promise<void> {
  const { lab, keepSecret } = context;
  let earlier: Pods = new Map();
  const outcome = await rotate(context, async (before) => {
    earlier = await readPods(lab);
    const reloads = await Promise.all(PLANES.map((plane) => watchReload(lab, plane)));
    const next = await rotateIntermediates(lab, before, keepSecret);
    const said = await Promise.all(reloads.map(({ done }) => done()));
    await context.evidence('istiod.log', said.flat().join('\n'));
    await replicate(lab, 2);
    await eventually(() => everyPairTalks(lab), { waitingFor: 'old and new proxies to talk', within: 'converge' });
    return next;
  });
  const [held, pods] = await Promise.all([readAllSecrets(lab), readPods(lab)]);
  await context.evidence('certificates', certificatesOf(held));
  noFaults([
    ...[...earlier].map(([name, restarts]) => {
      if (pods.get(name) === restarts) return undefined;
      return pods.has(name) ? `${name} has restarted` : `${name} is gone`;
    }),
    pods.size === earlier.size + added(lab).length ? undefined : `there are ${pods.size} pods after ${earlier.size}`,
    noLoss(outcome),
  ]);
  const { before, value: after } = outcome;
  await everyProxy(lab, held, ({ name, plane }) => issuedBy((earlier.has(name) ? before : after).intermediates[plane]));
  await everyProxy(lab, held, () => verifiesTo(before.root.certificate));
  await everyProxy(lab, held, () => trustsOnly(before.root.certificate));
}

claim('trust.rotation.single-step', async (context) => {
  const { lab, keepSecret, report } = context;
  const outcome = await rotate(context, (before) => swapRoot(lab, before, keepSecret));
  await assertRotated({ remedy: 'single-step swap', baseline: 'joined' }, context, outcome);
  report({ type: 'note', text: `the single-step swap of the root: ${lossIn(outcome)}` });
  noFaults([
    outcome.lost.some(({ reason }) => reason === VERIFY_FAILED)
      ? undefined
      : `no request was lost for ${VERIFY_FAILED}`,
  ]);
});

claim('trust.rotation.dual-root', async (context) => {
  const { lab, keepSecret } = context;
  const outcome = await rotate(context, (before) => rotateRoot(lab, before, keepSecret), { atLeast: 2_000 });
  await assertRotated({ remedy: 'dual-root rotation', baseline: 'joined' }, context, outcome);
  noFaults([noLoss(outcome)]);
});

const noLoss = (outcome: UnderTraffic<unknown>) => (outcome.lost.length === 0 ? undefined : lossIn(outcome));

/** Restarts of each pod's containers, by the pod's name. */
type Pods = Map<string, number>;

async function readPods(lab: Lab): Promise<Pods> {
  const { mesh, gateway } = lab.distribution.planes;
  const namespaces = [mesh.namespace, gateway.namespace, 'bookinfo', 'probe-inside'];
  const pods = await Promise.all(namespaces.map((namespace) => livePods(lab.kube, namespace)));
  return new Map(
    pods.flat().map(({ metadata, status }) => {
      const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
      return [metadata?.name ?? '', containers.reduce((sum, { restartCount }) => sum + restartCount, 0)];
    }),
  );
}

async function replicate(lab: Lab, replicas: number): Promise<void> {
  for (const deployment of added(lab)) await scale(lab, deployment, replicas);
  await Promise.all(added(lab).map((deployment) => rolledOut(lab.kube, deployment, { within: 'workloadsReady' })));
}

/** Has each gateway sent requests to each productpage? */
async function everyPairTalks(lab: Lab): Promise<void> {
  const proxies = await listProxies(lab);
  const [gateways, pages] = ['mesh-gateway', 'productpage'].map((app) => proxies.filter((proxy) => proxy.app === app));
  for (const gateway of gateways ?? []) {
    const upstreams = await readUpstreams(lab.kube, gateway);
    noFaults(
      (pages ?? []).map(({ name, podIp }) =>
        upstreams.some((one) => one.podIp === podIp && one.requests > 0)
          ? undefined
          : `${gateway.name} has not sent anything to ${name} yet`,
      ),
    );
  }
}
