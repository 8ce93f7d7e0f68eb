import { isAgentSymptom } from '../../harness/verdict/judges/config-map.ts';
import { pemBundle } from '../../harness/verdict/judges/proxy-certificates.ts';
import { livePods, whatIsMissing } from '../../harness/cluster/kube/rollout.ts';
import { INSIDE_PROBE, type Lab } from '../../harness/lab/mesh/lab.ts';
import { type PlaneName, PLANES } from '../../harness/observations/planes.ts';
import { restart } from '../../harness/cluster/ownership/rollout.ts';
import { proxyLogLines } from '../../harness/lab/probe/logs.ts';
import { eventually } from '../../harness/common/retry.ts';
import { onceSplit } from '../support/baseline.ts';
import { judged } from '../support/judged.ts';
import { watchMap } from '../support/observe.ts';
import { askRefused } from '../support/refusal.ts';

const split = onceSplit();

judged('trust.configmap.fight', async (context) => {
  await split(context);
  return await watchMap(context.lab, 'mesh');
});

judged('trust.configmap.agent-symptom', async (context) => {
  const { lab } = context;
  await split(context);
  // Which root a pod mounts is luck: the probe's pod is restarted until one has drawn the other plane's.
  const lines = await eventually(
    async () => {
      for (const pod of await livePods(lab.kube, INSIDE_PROBE.namespace)) {
        const found = await symptoms(lab, pod.metadata?.name ?? '');
        if (found.length > 0) return found;
      }
      const deployment = await lab.kube.apps.readNamespacedDeployment(INSIDE_PROBE);
      if (whatIsMissing(deployment) === undefined) await restart(lab, INSIDE_PROBE);
      throw new Error('every agent so far has started with its own plane’s root');
    },
    { waitingFor: 'an agent to meet the other plane’s root', within: 'agentSymptom' },
  );
  return { lines };
});

const symptoms = async (lab: Lab, name: string) => {
  const pod = { namespace: INSIDE_PROBE.namespace, name };
  // A pod that is still starting has no log to read.
  return await proxyLogLines(lab.kube, pod, isAgentSymptom).catch(() => []);
};

judged('trust.configmap.separate', async (context) => {
  const held = await split(context);
  const rootOf = (plane: PlaneName) => {
    const roots = held.find(({ proxy }) => proxy.plane === plane)?.roots ?? [];
    return pemBundle(roots.map(({ pem }) => pem).join(''));
  };
  const maps = PLANES.map(async (plane) => ({ root: rootOf(plane), map: await watchMap(context.lab, plane) }));
  return { maps: await Promise.all(maps) };
});

judged('trust.configmap.split-remains', async (context) => {
  await split(context);
  return await askRefused(context.lab, context.agent());
});
