import { type ClaimContext, scenario } from '../../harness/run/claims/claim.ts';
import { isReady, podsOf } from '../../harness/cluster/kube/rollout.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { proxyLogLines } from '../../harness/lab/probe/logs.ts';
import { cacerts, cacertsReference, type Hierarchy, plugIn } from '../../harness/lab/remedies/manual.ts';
import { restartAll, restartGatewayPlane, restartWorkloads, startBeside } from '../../harness/lab/remedies/restart.ts';
import { eventually, Fatal } from '../../harness/common/retry.ts';
import { PLANES } from '../../harness/observations/planes.ts';
import { splitBaseline } from './baseline.ts';
import { borrowSecret } from './borrowed-secret.ts';
import { noFaults, strictBookinfo } from './checks.ts';
import { wholeThroughGateway } from './joined-baseline.ts';
import { sharedHierarchy } from './plug-in.ts';
import { sabotaged } from './sabotaged.ts';
import { andUndo } from './undo.ts';

/** Both planes under one root whose key is at hand, so that further CAs can be made under it; all certificates new. */
export const underOneRoot = scenario(async (context): Promise<Hierarchy> => {
  const { lab } = context;
  await splitBaseline(lab);
  const hierarchy = await sharedHierarchy(context);
  await plugIn(
    lab,
    PLANES.map((plane) => cacerts(lab.distribution.planes[plane], hierarchy[plane])),
  );
  await restartAll(lab, hierarchy.root.certificate.pem);
  await wholeThroughGateway(lab, 'meshtrust/baseline');
  await sabotaged(context, 'trust/bad-authority');
  return hierarchy;
});

/** With other files in the gateway plane's `cacerts` (values in base64), which nobody has read yet; put back in the end. */
export async function withCacerts(
  context: ClaimContext,
  files: Record<string, string>,
  work: () => Promise<void>,
): Promise<void> {
  const { lab, agent } = context;
  const secret = await borrowSecret(context, cacertsReference(lab.distribution.planes.gateway).metadata);
  await andUndo(
    async () => {
      await secret.write(files);
      await work();
    },
    async () => {
      await secret.putBack();
      await restartGatewayPlane(lab);
      await wholeThroughGateway(lab, agent());
    },
  );
}

/** A new gateway has to be refused by its own agent, in these words, while the one that serves goes on. */
export async function agentRefuses(context: ClaimContext, words: string): Promise<void> {
  const { lab, evidence } = context;
  const former = await gatewayPods(lab);
  const observe = async () => {
    const said = await eventually(
      async () => {
        const fresh = (await gatewayPods(lab)).find(({ name }) => former.every((one) => one.name !== name));
        if (fresh === undefined) throw new Error('there is no new gateway');
        if (fresh.ready) throw new Fatal(new Error(`${fresh.name} is Ready: its agent takes such an istiod`));
        const lines = await proxyLogLines(lab.kube, fresh, (line) => line.includes(words));
        if (lines.length === 0) throw new Error(`the agent of ${fresh.name} says nothing of «${words}»`);
        return { pod: fresh.name, lines: lines.slice(-3) };
      },
      { waitingFor: 'an agent to refuse its istiod', within: 'planeReady' },
    );
    await evidence('agent', said);
    await strictBookinfo(context, (path, name) => throughGateway(lab, path, { agent: name }));
    // What has failed once may have been tried again meanwhile.
    const after = await gatewayPods(lab);
    noFaults([
      after.find(({ name }) => name === said.pod)?.ready === false ? undefined : `${said.pod} is Ready, or gone`,
      ...former.map(({ name }) =>
        after.some((one) => one.name === name && one.ready) ? undefined : `${name}, which served, does not any more`,
      ),
    ]);
  };
  await andUndo(observe, await startBeside(lab, lab.gateway));
}

/**
 * One gateway after another starts, until an agent has refused its istiod in these words: which of the pods its
 * connections lead to is chance.
 */
export async function someAgentRefuses({ lab, evidence }: ClaimContext, words: string): Promise<void> {
  const starts: { pods: string[]; lines: string[] }[] = [];
  try {
    await eventually(
      async () => {
        await restartWorkloads(lab, 'gateway');
        const pods = await gatewayPods(lab);
        const said = await Promise.all(pods.map((pod) => proxyLogLines(lab.kube, pod, (line) => line.includes(words))));
        const lines = said.flat().slice(-3);
        starts.push({ pods: pods.map(({ name }) => name), lines });
        if (lines.length === 0) throw new Error(`of ${starts.length} agents none said «${words}»`);
      },
      { waitingFor: 'an agent to refuse one of its istiods', within: 'planeReady' },
    );
  } finally {
    await evidence('agents', starts);
  }
}

/** The pods of the gateway, Ready or not. */
async function gatewayPods({ kube, gateway }: Lab) {
  const pods = await podsOf(kube, await kube.apps.readNamespacedDeployment(gateway));
  return pods.map((pod) => ({
    namespace: pod.metadata?.namespace ?? '',
    name: pod.metadata?.name ?? '',
    ready: isReady(pod),
  }));
}
