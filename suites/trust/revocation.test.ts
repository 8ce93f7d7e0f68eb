import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import { CRL_FILE, LIST_MAP } from '../../harness/observations/istio.ts';
import { type Churn, observeChurn } from '../../harness/lab/probe/config-map.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { eventually } from '../../harness/common/retry.ts';
import { judgeProductPage } from '../../harness/verdict/judges/bookinfo.ts';
import { brokenConversations } from '../../harness/verdict/trust/graph/graph.ts';
import { auditSays, edgeBetween, isJudged, toProductpage } from '../support/audit.ts';
import { noFaults, transcript } from '../support/checks.ts';
import { workloadsRefuse } from '../support/refusal.ts';
import { withLists } from '../support/revocation.ts';

/** A fight writes about 200 times a second; ten changes in five seconds is a fight on the slowest machine. */
const FIGHT = 10;

claim('trust.revocation.fight', async (context) => {
  await withLists(context, { of: ['root', 'mesh'] }, 'both');
  let seen: Churn | undefined;
  try {
    // An istiod that starts writes nothing until it leads; once both do, nothing ends it.
    await eventually(
      async () => {
        seen = await observeChurn(context.lab.kube, 'bookinfo', LIST_MAP, CRL_FILE);
        const { versions, contents } = seen;
        noFaults([
          versions.length > FIGHT ? undefined : `${LIST_MAP} changed only ${versions.length - 1} times`,
          contents.length === 2 && contents.includes('')
            ? undefined
            : `${contents.length} contents were seen, not lists and nothing`,
        ]);
      },
      { waitingFor: 'both planes to write the lists', within: 'converge' },
    );
  } finally {
    if (seen !== undefined) await context.evidence('map', seen);
  }
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
  await workloadsRefuse(context);
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
  await workloadsRefuse(context);
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
      noFaults([
        page.status === 200 ? undefined : `the gateway answers ${page.status}`,
        ...['details', 'reviews'].map((what) =>
          page.body.includes(`Error fetching product ${what}`) ? undefined : `productpage still reaches ${what}`,
        ),
      ]);
      return page;
    },
    { waitingFor: 'sidecars to refuse each other, and not the gateway', within: 'converge', inARow: 3 },
  );
  await evidence('answer.txt', transcript(answer));
  await auditSays(context, (graph) => {
    const [gateway, mesh] = [toProductpage(graph), edgeBetween(graph, 'productpage', 'details')];
    return [isJudged(gateway, 'trusted', ''), isJudged(mesh, 'revoked', '')];
  });
});

claim('trust.revocation.taken-away', async (context) => {
  await withLists(context, { of: ['root', 'mesh'] });
  await workloadsRefuse(context);
  await withLists(context, { of: [] });
  await nothingIsBroken(context);
});

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
  await auditSays(context, (graph) => [
    ...brokenConversations(graph).map(({ reason }) => `the audit finds something broken: ${reason}`),
    isJudged(toProductpage(graph), 'trusted', ''),
    isJudged(edgeBetween(graph, 'productpage', 'details'), 'trusted', ''),
  ]);
}
