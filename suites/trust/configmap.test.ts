import { claim, lab } from '../../harness/claims/worker.ts';
import { livePods, restart, whatIsMissing } from '../../harness/kube/rollout.ts';
import { INSIDE_PROBE } from '../../harness/mesh/lab.ts';
import { type Churn, observeChurn } from '../../harness/probe/config-map.ts';
import { throughGateway } from '../../harness/probe/http.ts';
import { proxyLogLines } from '../../harness/probe/logs.ts';
import { eventually } from '../../harness/retry.ts';
import { describe, parseCertificates, sameRoots } from '../../harness/trust/certificate.ts';
import { onceSplit } from '../support/baseline.ts';
import { noFaults, transcript } from '../support/checks.ts';

const split = onceSplit(lab);

const SHARED = 'istio-ca-root-cert';
const SEPARATE = 'openshift-gw-ca-root-cert';
/** A fight writes about 200 times a second; ten changes in five seconds is a fight on the slowest machine. */
const FIGHT = 10;

const summary = ({ roots, ...churn }: Churn) => ({ ...churn, roots: roots.flatMap(parseCertificates).map(describe) });

claim('trust.configmap.fight', async ({ evidence }) => {
  await split();
  const churn = await observeChurn(lab.kube, 'bookinfo', SHARED);
  await evidence('churn', summary(churn));
  noFaults([
    churn.versions.length > FIGHT ? undefined : `${SHARED} changed only ${churn.versions.length - 1} times`,
    churn.roots.length === 2 ? undefined : `${churn.roots.length} different roots were seen in it, not 2`,
  ]);
});

claim('trust.configmap.agent-symptom', async ({ evidence }) => {
  await split();
  // Which root a pod mounts is luck: the probe's pod is restarted until one has drawn the other plane's.
  const found = await eventually(
    async () => {
      for (const pod of await livePods(lab.kube, INSIDE_PROBE.namespace)) {
        const lines = await symptoms(pod.metadata?.name ?? '');
        if (lines.length > 0) return lines;
      }
      const deployment = await lab.kube.apps.readNamespacedDeployment(INSIDE_PROBE);
      if (whatIsMissing(deployment) === undefined) await restart(lab.kube, INSIDE_PROBE);
      throw new Error('every agent so far has started with its own plane’s root');
    },
    { waitingFor: 'an agent to meet the other plane’s root', within: 'agentSymptom' },
  );
  await evidence('agent.log', found.join('\n'));
});

const symptoms = async (name: string) => {
  const isSymptom = (line: string) => line.includes('x509: certificate signed by unknown authority');
  const pod = { namespace: INSIDE_PROBE.namespace, name };
  // A pod that is still starting has no log to read.
  return await proxyLogLines(lab.kube, pod, isSymptom).catch(() => []);
};

claim('trust.configmap.separate', async ({ evidence }) => {
  const held = await split();
  const rootsOf = (plane: 'mesh' | 'gateway') => held.find(({ proxy }) => proxy.plane === plane)?.roots ?? [];
  const churns = await Promise.all([SHARED, SEPARATE].map((name) => observeChurn(lab.kube, 'bookinfo', name)));
  await evidence('churn', churns.map(summary));
  noFaults(
    churns.flatMap(({ name, versions, roots }) => [
      versions.length === 1 ? undefined : `${name} changed ${versions.length - 1} times`,
      sameRoots(roots.flatMap(parseCertificates), rootsOf(name === SHARED ? 'mesh' : 'gateway'))
        ? undefined
        : `${name} holds another root than its plane's`,
    ]),
  );
});

claim('trust.configmap.split-remains', async ({ agent, evidence }) => {
  await split();
  const answer = await throughGateway(lab, '/productpage', { agent: agent() });
  await evidence('answer.txt', transcript(answer));
  if (answer.status !== 503 || !answer.body.includes('CERTIFICATE_VERIFY_FAILED')) {
    throw new Error(`the gateway answered ${answer.status}: ${answer.body}`);
  }
});
