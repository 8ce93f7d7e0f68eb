import type { ClaimContext } from '../../harness/run/claims/claim.ts';
import type { PageAnswer } from '../../harness/verdict/judges/bookinfo.ts';
import { recordCertificates } from '../../harness/verdict/judges/proxy-certificates.ts';
import { withoutPod } from '../../harness/verdict/judges/joined.ts';
import { judgePages } from '../../harness/verdict/judges/bookinfo-pages.ts';
import type { DeploymentRef } from '../../harness/cluster/kube/rollout.ts';
import { BOOKINFO, INSIDE_PROBE, type Lab } from '../../harness/lab/mesh/lab.ts';
import { faultsIn, FaultsError, type MaybeFault } from '../../harness/observations/fault.ts';
import type { HeldByProxy } from '../../harness/observations/proxy.ts';
import { listProxies, type Proxy } from '../../harness/lab/probe/proxies.ts';
import type { ProxyJudge } from '../../harness/verdict/trust/proxy-verdict.ts';
import { fetchBookinfo } from './fetch-bookinfo.ts';

/** Fails with all that is wrong. */
export function noFaults(findings: readonly MaybeFault[]): void {
  const faults = faultsIn(findings);
  if (faults.length > 0) throw new FaultsError(faults);
}

/** What must have a proxy. */
export const withProxy = ({ gateway }: Lab): DeploymentRef[] => [...BOOKINFO, INSIDE_PROBE, gateway];

/** Holds every proxy against a judge that may differ from proxy to proxy. */
export async function everyProxy(
  lab: Lab,
  held: readonly HeldByProxy<Proxy>[],
  judge: (proxy: Proxy) => ProxyJudge,
): Promise<void> {
  const proxies = held.map(({ proxy }) => proxy);
  noFaults(withoutPod(withProxy(lab), proxies, 'proxy'));
  noFaults(held.map((one) => judge(one.proxy)(one)));
}

/** Certificates as evidence: public, each once, and who presents and who trusts it. */
export const certificatesOf = (held: readonly HeldByProxy<Proxy>[]) => recordCertificates(held, new Date());

/** The proxy of an app; `mesh-gateway` is the gateway. */
export async function proxyOf(lab: Lab, app: string): Promise<Proxy> {
  const proxy = (await listProxies(lab)).find((candidate) => candidate.app === app);
  if (proxy === undefined) throw new Error(`${app} has no proxy`);
  return proxy;
}

/** The strict Bookinfo check over any way in. */
export async function strictBookinfo(
  { evidence, agent }: ClaimContext,
  get: (path: string, agent: string) => Promise<PageAnswer>,
  name = 'bookinfo',
): Promise<void> {
  const pages = await fetchBookinfo(agent, get);
  await evidence(name, pages);
  noFaults(judgePages(pages));
}

export const transcript = ({ status, headers, body }: PageAnswer) =>
  [`HTTP ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\n');
