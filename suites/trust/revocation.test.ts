import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import type { MaybeFault } from '../../harness/observations/fault.ts';
import { CRL_FILE, LIST_MAP } from '../../harness/observations/istio.ts';
import { observeChurn } from '../../harness/lab/probe/config-map.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { accessLog } from '../../harness/lab/probe/logs.ts';
import { sumCounters } from '../../harness/lab/probe/proxies.ts';
import { eventually } from '../../harness/common/retry.ts';
import { judgeProductPage } from '../../harness/verdict/judges/bookinfo.ts';
import { brokenConversations } from '../../harness/verdict/trust/graph/graph.ts';
import type { Conversation, TrustGraph, VerdictCode } from '../../harness/verdict/trust/graph/model.ts';
import { auditLab } from '../support/audit.ts';
import { noFaults, proxyOf, transcript } from '../support/checks.ts';
import { withLists } from '../support/revocation.ts';

/** A fight writes about 200 times a second; ten changes in five seconds is a fight on the slowest machine. */
const FIGHT = 10;

claim('trust.revocation.fight', async (context) => {
  await withLists(context, { of: ['root', 'mesh'] }, 'both');
  const { versions, contents, ...churn } = await observeChurn(context.lab.kube, 'bookinfo', LIST_MAP, CRL_FILE);
  await context.evidence('map', { ...churn, versions, contents });
  noFaults([
    versions.length > FIGHT ? undefined : `${LIST_MAP} changed only ${versions.length - 1} times`,
    contents.length === 2 && contents.includes('')
      ? undefined
      : `${contents.length} contents were seen, not lists and nothing`,
  ]);
});

claim('trust.revocation.one-writer', async (context) => {
  const { text } = await withLists(context, { of: ['root', 'mesh'] });
  const { versions, contents, ...churn } = await observeChurn(context.lab.kube, 'bookinfo', LIST_MAP, CRL_FILE);
  await context.evidence('map', { ...churn, versions, contents });
  noFaults([
    versions.length === 1 ? undefined : `${LIST_MAP} changed ${versions.length - 1} times`,
    contents.join('') === text ? undefined : `${LIST_MAP} holds something else than the lists of the mesh plane`,
  ]);
});

claim('trust.revocation.incomplete', async (context) => {
  const { hierarchy } = await withLists(context, { of: ['root', 'mesh'] });
  await sidecarsRefuse(context);
  await meshIsWhole(context);
  const name = hierarchy.gateway.certificate.subjectCommonName ?? '';
  await auditSays(context, (graph) => [isJudged(toProductpage(graph), 'revocation-unknown', name)]);
});

claim('trust.revocation.complete', async (context) => {
  await withLists(context, { of: ['root', 'mesh', 'gateway'] });
  await nothingIsBroken(context);
});

claim('trust.revocation.gateway-revoked', async (context) => {
  const { hierarchy } = await withLists(context, { of: ['root', 'mesh', 'gateway'], revoked: 'gateway' });
  await sidecarsRefuse(context);
  await meshIsWhole(context);
  const name = hierarchy.gateway.certificate.subjectCommonName ?? '';
  await auditSays(context, (graph) => [isJudged(toProductpage(graph), 'revoked', name)]);
});

claim('trust.revocation.mesh-revoked', async (context) => {
  await withLists(context, { of: ['root', 'mesh', 'gateway'], revoked: 'mesh' });
  const { lab, agent, evidence } = context;
  const answer = await eventually(
    async () => {
      const page = await throughGateway(lab, '/productpage', { agent: agent() });
      const isHollow = judgeProductPage(page).faults.length > 0;
      noFaults([
        page.status === 200 ? undefined : `the gateway answers ${page.status}`,
        isHollow ? undefined : 'productpage still reaches details and reviews',
      ]);
      return page;
    },
    { waitingFor: 'sidecars to refuse each other, and not the gateway', within: 'converge', inARow: 3 },
  );
  await evidence('answer.txt', transcript(answer));
  await auditSays(context, (graph) => {
    const [gateway, mesh] = [toProductpage(graph), between(graph, 'productpage', 'details')];
    return [isJudged(gateway, 'trusted', ''), isJudged(mesh, 'revoked', '')];
  });
});

claim('trust.revocation.taken-away', async (context) => {
  await withLists(context, { of: ['root', 'mesh'] });
  await sidecarsRefuse(context);
  await withLists(context, { of: [] });
  await nothingIsBroken(context);
});

/** The server's side says no: what the gateway sees is a connection that ends, and it has refused nobody itself. */
async function sidecarsRefuse({ lab, agent, evidence }: ClaimContext): Promise<void> {
  const refused = await eventually(
    async () => {
      const gateway = await proxyOf(lab, 'mesh-gateway');
      const counter = () => sumCounters(lab.kube, gateway, 'ssl.fail_verify_error');
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

const meshIsWhole = async ({ lab, agent }: ClaimContext) =>
  await eventually(
    async () => {
      const url = 'http://productpage.bookinfo:9080/productpage';
      noFaults(judgeProductPage(await fromProbe(lab, 'inside', url, { agent: agent() })).faults);
    },
    { waitingFor: 'Bookinfo to be whole inside the mesh', within: 'converge', inARow: 5 },
  );

async function nothingIsBroken(context: ClaimContext): Promise<void> {
  const { lab, agent } = context;
  await eventually(
    async () => noFaults(judgeProductPage(await throughGateway(lab, '/productpage', { agent: agent() })).faults),
    { waitingFor: 'Bookinfo to be whole through the gateway', within: 'converge', inARow: 5 },
  );
  await auditSays(context, (graph) =>
    brokenConversations(graph).map(({ reason }) => `the audit finds something broken: ${reason}`),
  );
}

async function auditSays(context: ClaimContext, judge: (graph: TrustGraph) => MaybeFault[]): Promise<void> {
  const graph = await auditLab(context.lab);
  await context.evidence('graph', graph);
  noFaults(judge(graph));
}

function between({ nodes, conversations }: TrustGraph, from: string, to: string): Conversation | undefined {
  const idOf = (app: string) => nodes.find(({ kind, label }) => kind === 'proxy' && label === app)?.id ?? app;
  return conversations.find(
    (one) => one.channel === 'workload' && one.from.includes(idOf(from)) && one.to.includes(idOf(to)),
  );
}

const toProductpage = (graph: TrustGraph) => between(graph, 'mesh-gateway', 'productpage');

/** Is this what the audit says, and does it name that CA? */
const isJudged = (edge: Conversation | undefined, verdict: VerdictCode, name: string): MaybeFault =>
  edge?.verdict === verdict && edge.reason.includes(name)
    ? undefined
    : `the audit's verdict is ${edge?.verdict ?? 'missing'}, not ${verdict} about ${name}: ${edge?.reason ?? ''}`;
