import type { ClaimContext } from '../../harness/run/claims/claim.ts';
import type { PodRef } from '../../harness/cluster/kube/port-forward.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { accessLog } from '../../harness/lab/probe/logs.ts';
import { sumCounters } from '../../harness/lab/probe/proxies.ts';
import { eventually } from '../../harness/common/retry.ts';
import { noFaults, proxyOf, transcript } from './checks.ts';

const COUNTER = 'ssl.fail_verify_error';

/**
 * The gateway must refuse the certificate of the productpage that serves now: 503 with CERTIFICATE_VERIFY_FAILED, which
 * is the verdict of the side that says it (the other side's would arrive as an alert), and a counter of the gateway's
 * own that says the same. What a pod was told before it restarted needs a moment to be forgotten.
 */
export async function gatewayRefuses({ lab, agent, evidence }: ClaimContext): Promise<void> {
  let last: object | undefined;
  try {
    await eventually(
      async () => {
        const name = agent();
        const refusal = await requestOnce(lab, name);
        last = refusal;
        noFaults(faultsOf(refusal));
        // Only now is it certain that this gateway has a line about it, and not the one that it has replaced.
        const log = (await accessLog(lab.kube, refusal.gateway, name)).join('\n');
        last = { ...refusal, log };
        if (!log.includes(refusal.upstream)) throw new Error(`it did not ask the productpage at ${refusal.upstream}`);
      },
      { waitingFor: 'the gateway to refuse the workload’s certificate', within: 'converge', inARow: 3 },
    );
  } finally {
    if (last !== undefined) await evidence('refusal', last);
  }
}

interface Refusal {
  gateway: PodRef;
  status: number;
  answer: string;
  /** Of the gateway, before and after the request. */
  counter: { name: string; before: number; after: number };
  /** Address of the productpage that serves now. */
  upstream: string;
}

async function requestOnce(lab: Lab, agent: string): Promise<Refusal> {
  const [{ namespace, name }, { podIp }] = await Promise.all([
    proxyOf(lab, 'mesh-gateway'),
    proxyOf(lab, 'productpage'),
  ]);
  const gateway = { namespace, name };
  const before = await sumCounters(lab.kube, gateway, COUNTER);
  const answer = await throughGateway(lab, '/productpage', { agent });
  const after = await sumCounters(lab.kube, gateway, COUNTER);
  return {
    gateway,
    status: answer.status,
    answer: transcript(answer),
    counter: { name: COUNTER, before, after },
    upstream: `${podIp}:9080`,
  };
}

const faultsOf = ({ status, answer, counter: { before, after } }: Refusal) => [
  status === 503 ? undefined : `the gateway answered ${status}, not 503`,
  status !== 503 || answer.includes('CERTIFICATE_VERIFY_FAILED') ? undefined : `the reason given is another: ${answer}`,
  after > before ? undefined : `the gateway's ${COUNTER} stayed at ${before}`,
];
