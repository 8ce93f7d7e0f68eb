import type { ClaimContext } from '../../harness/run/claims/claim.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { accessLog } from '../../harness/lab/probe/logs.ts';
import { sumCounters } from '../../harness/lab/probe/proxies.ts';
import { readVersion } from '../../harness/lab/probe/versions.ts';
import { eventually } from '../../harness/common/retry.ts';
import { raised, refusedForTheSplit, type Refusal } from '../../harness/verdict/judges/split.ts';
import { noFaults, proxyOf, transcript } from './checks.ts';

/** Certificates of servers that an Envoy has refused (Envoy, cluster statistics, TLS). */
const VERIFY_ERRORS = 'ssl.fail_verify_error';

/** One request through the gateway, with what the gateway says of it in its access log. */
export async function askRefused(lab: Lab, agent: string): Promise<Refusal> {
  const gateway = await proxyOf(lab, 'mesh-gateway');
  const answer = await throughGateway(lab, '/productpage', { agent });
  const [{ envoy }, log] = await Promise.all([readVersion(lab.kube, gateway), accessLog(lab.kube, gateway, agent)]);
  return { ...answer, envoy, log };
}

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
        const [gateway, { podIp }] = await Promise.all([proxyOf(lab, 'mesh-gateway'), proxyOf(lab, 'productpage')]);
        const before = await sumCounters(lab.kube, gateway, VERIFY_ERRORS);
        const refusal = await askRefused(lab, agent());
        const counter = { counter: VERIFY_ERRORS, before, after: await sumCounters(lab.kube, gateway, VERIFY_ERRORS) };
        const upstream = `${podIp}:9080`;
        last = { gateway: gateway.name, upstream, ...refusal, ...counter };
        noFaults([...refusedForTheSplit(refusal), ...raised(counter)]);
        if (!refusal.log.join('\n').includes(upstream))
          throw new Error(`it did not ask the productpage at ${upstream}`);
      },
      { waitingFor: 'the gateway to refuse the workload’s certificate', within: 'converge', inARow: 3 },
    );
  } finally {
    if (last !== undefined) await evidence('refusal', last);
  }
}

/** The server's side says no: what the gateway sees is a connection that ends, and it has refused nobody itself. */
export async function workloadsRefuse({ lab, agent, evidence }: ClaimContext): Promise<void> {
  const refused = await eventually(
    async () => {
      const gateway = await proxyOf(lab, 'mesh-gateway');
      // A sidecar has no such counter unless it is asked for (sidecar.istio.io/statsInclusionSuffixes), as the gateway's is.
      const counter = () => sumCounters(lab.kube, gateway, VERIFY_ERRORS);
      const before = await counter();
      const name = agent();
      const answer = await throughGateway(lab, '/productpage', { agent: name });
      const [after, log] = [await counter(), (await accessLog(lab.kube, gateway, name)).join('\n')];
      noFaults([
        answer.status === 503 ? undefined : `the gateway answers ${answer.status}, not 503`,
        / 503 (\w+,)?UC /.test(log) ? undefined : `the workload did not end the connection: ${log}`,
        after === before ? undefined : `the gateway refuses the workload`,
      ]);
      return { answer: transcript(answer), log, counter: { before, after } };
    },
    { waitingFor: 'sidecars to refuse the gateway', within: 'converge', inARow: 3 },
  );
  await evidence('refused', refused);
}
