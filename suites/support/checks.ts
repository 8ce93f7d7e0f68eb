import type { ClaimContext } from '../../harness/claims/worker.ts';
import { BOOKINFO, GATEWAY, INSIDE_PROBE, type Lab } from '../../harness/mesh/lab.ts';
import { judgeApi, judgeProductPage, type PageAnswer } from '../../harness/probe/bookinfo.ts';
import { listProxies, type Proxy, type ProxySecrets } from '../../harness/probe/proxies.ts';
import { describe } from '../../harness/trust/certificate.ts';
import type { HeldByProxy, ProxyJudge } from '../../harness/trust/proxy-verdict.ts';

/** Fails with all sentences, one a line. */
export function noFaults(faults: readonly (string | undefined)[]): void {
  const sentences = faults.filter((fault) => fault !== undefined);
  if (sentences.length > 0) throw new Error(sentences.join('\n'));
}

/** What must have a proxy: one that is missing must not pass for one that is right. */
const EXPECTED = [...BOOKINFO, INSIDE_PROBE, GATEWAY];

/** Holds every proxy against a judge that may differ from proxy to proxy. */
export async function everyProxy(held: readonly ProxySecrets[], judge: (proxy: Proxy) => ProxyJudge): Promise<void> {
  const missing = EXPECTED.filter(({ namespace, name }) =>
    held.every(({ proxy }) => proxy.namespace !== namespace || !proxy.name.startsWith(`${name}-`)),
  );
  noFaults(missing.map(({ namespace, name }) => `${namespace}/${name} has no proxy that is ready`));
  noFaults(await Promise.all(held.map(async (one) => await judge(one.proxy)(one))));
}

/** Certificates as evidence: public, one line each, and the PEM below. */
export const certificatesOf = (held: readonly HeldByProxy[]) =>
  held.map(({ proxy, chain, roots }) => ({
    proxy: proxy.name,
    plane: proxy.plane,
    presents: chain.map(describe),
    trusts: roots.map(describe),
    pem: chain.map(({ pem }) => pem.trim()).join('\n'),
    rootPem: roots.map(({ pem }) => pem.trim()).join('\n'),
  }));

/** The proxy of an app; `mesh-gateway` is the gateway. */
export async function proxyOf(lab: Lab, app: string): Promise<Proxy> {
  const proxy = (await listProxies(lab.kube)).find((candidate) => candidate.app === app);
  if (proxy === undefined) throw new Error(`${app} has no proxy`);
  return proxy;
}

const REQUESTS = 30;
/** Enough for the third version of reviews to be picked, whatever the load balancer's luck. */
const AT_MOST = 120;

/** The strict Bookinfo check over any way in; returns how often each version of reviews answered. */
export async function strictBookinfo(
  { evidence, agent }: ClaimContext,
  get: (path: string, agent: string) => Promise<PageAnswer>,
): Promise<void> {
  const seen: Record<string, number> = {};
  for (let count = 1; count <= AT_MOST; count++) {
    const answer = await get('/productpage', agent());
    const { faults, reviewsVersion } = judgeProductPage(answer);
    if (faults.length > 0) {
      await evidence('failed-answer.txt', transcript(answer));
      throw new Error(`request ${count} of /productpage: ${faults.join('; ')}`);
    }
    const version = reviewsVersion ?? 'none';
    seen[version] = (seen[version] ?? 0) + 1;
    if (count >= REQUESTS && Object.keys(seen).length === 3) break;
  }
  await evidence('versions', { requests: Object.values(seen).reduce((sum, count) => sum + count, 0), seen });
  const versions = Object.keys(seen).sort();
  if (versions.join() !== 'v1,v2,v3')
    throw new Error(`of reviews only ${versions.join(', ')} answered in ${AT_MOST} requests`);

  const [products, details, reviews, ratings] = await Promise.all(
    ['', '/0', '/0/reviews', '/0/ratings'].map((rest) => get(`/api/v1/products${rest}`, agent())),
  );
  if (products === undefined || details === undefined || reviews === undefined || ratings === undefined) return;
  await evidence('api', {
    products: products.body,
    details: details.body,
    reviews: reviews.body,
    ratings: ratings.body,
  });
  noFaults(judgeApi({ products, details, reviews, ratings }));
}

export const transcript = ({ status, headers, body }: PageAnswer) =>
  [`HTTP ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\n');
