import type { Kube } from '../../cluster/kube/client.ts';
import type { PodRef } from '../../cluster/kube/port-forward.ts';
import { ISTIO_PROXY } from '../../observations/istio.ts';
import { eventually } from '../../common/retry.ts';

/** Lines of a proxy's log (access log and agent alike) that a test picks; the last 5,000 lines are looked at. */
export async function proxyLogLines(kube: Kube, pod: PodRef, pick: (line: string) => boolean): Promise<string[]> {
  const text = await kube.core.readNamespacedPodLog({
    namespace: pod.namespace,
    name: pod.name,
    container: ISTIO_PROXY,
    tailLines: 5_000,
  });
  return text.split('\n').filter(pick);
}

/**
 * Access-log lines of requests with this user agent that are picked; waits for Envoy to flush them. A sidecar logs
 * outbound requests with a user agent that the application has passed on, so the agent alone may not be enough.
 */
export async function accessLog(
  kube: Kube,
  pod: PodRef,
  agent: string,
  pick: (line: string) => boolean = () => true,
): Promise<string[]> {
  return await eventually(
    async () => {
      const lines = await proxyLogLines(kube, pod, (line) => line.includes(agent) && pick(line));
      if (lines.length === 0) throw new Error(`no line of ${pod.name} names the user agent ${agent}`);
      return lines;
    },
    { waitingFor: `an access-log line of ${pod.namespace}/${pod.name}`, within: 'accessLog' },
  );
}

/**
 * Why Envoy could not reach the upstream, by the user agents of the requests; those that no log knows are left out. Only
 * what a pod's log still holds can be told: that of one which is gone is gone with it.
 */
export async function transportFailures(
  kube: Kube,
  pods: readonly PodRef[],
  agents: readonly string[],
): Promise<Map<string, string>> {
  const wanted = new Set(agents);
  const lines = await Promise.all(pods.map((pod) => proxyLogLines(kube, pod, (line) => line.includes('TLS_error'))));
  return new Map(
    lines.flat().flatMap((line) => {
      const agent = /"(meshtrust\/[^"]+)"/.exec(line)?.[1];
      const reason = /"(TLS_error[^"]*)"/.exec(line)?.[1];
      return agent !== undefined && reason !== undefined && wanted.has(agent) ? [[agent, reason] as const] : [];
    }),
  );
}
