import { claim, scenario } from '../../harness/run/claims/claim.ts';
import { judgeProductPage } from '../../harness/verdict/judges/bookinfo.ts';
import { recordCertificates } from '../../harness/verdict/judges/proxy-certificates.ts';
import { CACERTS } from '../../harness/observations/istio.ts';
import { accessLog } from '../../harness/lab/probe/logs.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { sumCounters } from '../../harness/lab/probe/proxies.ts';
import { eventually } from '../../harness/common/retry.ts';
import { brokenConversations } from '../../harness/verdict/trust/graph/graph.ts';
import { splitBaseline } from '../support/baseline.ts';
import { noFaults, proxyOf } from '../support/checks.ts';
import { judged } from '../support/judged.ts';
import { auditLab, reportGraph } from '../support/audit.ts';
import { fetchBookinfo } from '../support/fetch-bookinfo.ts';
import { askRefused } from '../support/refusal.ts';

const split = scenario(async (context) => {
  const held = await splitBaseline(context.lab);
  await reportGraph(context, 'the split');
  return held;
});

judged('trust.split.gateway-refuses-workload', async (context) => {
  await split(context);
  return await askRefused(context.lab, context.agent());
});

judged('trust.split.access-log', async (context) => {
  const { lab, agent } = context;
  await split(context);
  const name = agent();
  await throughGateway(lab, '/productpage', { agent: name });
  return { lines: await accessLog(lab.kube, await proxyOf(lab, 'mesh-gateway'), name) };
});

judged('trust.split.envoy-counter', async (context) => {
  const { lab, agent } = context;
  await split(context);
  const gateway = await proxyOf(lab, 'mesh-gateway');
  const counter = 'ssl.fail_verify_error';
  const before = await sumCounters(lab.kube, gateway, counter);
  await throughGateway(lab, '/productpage', { agent: agent() });
  return { counter, before, after: await sumCounters(lab.kube, gateway, counter) };
});

judged('trust.split.mesh-works', async (context) => {
  const { lab, agent } = context;
  await split(context);
  const get = (path: string, name: string) =>
    fromProbe(lab, 'inside', `http://productpage.bookinfo:9080${path}`, { agent: name });
  await eventually(async () => noFaults(judgeProductPage(await get('/productpage', agent())).faults), {
    waitingFor: 'Bookinfo to be whole inside the mesh',
    within: 'converge',
    inARow: 5,
  });
  return await fetchBookinfo(agent, get);
});

judged('trust.split.leaf-issuers-differ', async (context) => recordCertificates(await split(context), new Date()));

judged('trust.split.roots-differ', async (context) => recordCertificates(await split(context), new Date()));

claim('trust.split.audit', async (context) => {
  const held = await split(context);
  const graph = await auditLab(context.lab);
  await context.evidence('graph', graph);
  const idOf = (app: string) => graph.nodes.find(({ kind, label }) => kind === 'proxy' && label === app)?.id ?? app;
  const [gateway, productpage] = [idOf('mesh-gateway'), idOf('productpage')];
  const edge = brokenConversations(graph).find(({ from, to }) => from.includes(gateway) && to.includes(productpage));
  if (edge === undefined) throw new Error(`the audit finds nothing wrong between ${gateway} and ${productpage}`);
  const named = [...edge.roots.client, ...edge.roots.server];
  const roots = held.flatMap((one) => one.roots.map(({ fingerprint }) => fingerprint));
  noFaults([
    edge.verdict === 'unknown-issuer' ? undefined : `the audit's reason is ${edge.verdict}: ${edge.reason}`,
    ...roots.map((root) => (named.includes(root) ? undefined : `the audit does not name the root ${root}`)),
    edge.remedies.some((remedy) => remedy.includes(CACERTS)) ? undefined : 'the audit does not name cacerts',
  ]);
});
