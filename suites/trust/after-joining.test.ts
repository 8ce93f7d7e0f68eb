import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import { CA_FILES } from '../../harness/observations/istio.ts';
import { faultsIn } from '../../harness/observations/fault.ts';
import { type PlaneName, PLANES } from '../../harness/observations/planes.ts';
import { apply, remove } from '../../harness/cluster/ownership/objects.ts';
import { type Lab, TRUST_DOMAIN } from '../../harness/lab/mesh/lab.ts';
import { judgeProductPage, type PageAnswer } from '../../harness/verdict/judges/bookinfo.ts';
import { type Churn, observeChurn } from '../../harness/lab/probe/config-map.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { cacertsReference, manual } from '../../harness/lab/remedies/manual.ts';
import { restartGatewayPlane, restartIstiod, restartWorkloads } from '../../harness/lab/remedies/restart.ts';
import { eventually } from '../../harness/common/retry.ts';
import { type Certificate, describe, parseCertificates, sameRoots } from '../../harness/observations/certificate.ts';
import { issuedBy, trustsOnly, verifiesTo } from '../../harness/verdict/trust/proxy-verdict.ts';
import { borrowSecret } from '../support/borrowed-secret.ts';
import { noFaults, strictBookinfo, transcript } from '../support/checks.ts';
import { joinedBaseline, type JoinedLab, wholeThroughGateway } from '../support/joined-baseline.ts';
import { gatewayRefuses } from '../support/refusal.ts';
import { andUndo } from '../support/undo.ts';

claim('trust.after-joining.authorization-policy', async (context) => {
  const { lab, agent, evidence } = context;
  await joinedBaseline(context, manual);
  const ways = {
    gateway: () => throughGateway(lab, '/productpage', { agent: agent() }),
    mesh: () => fromProbe(lab, 'inside', 'http://productpage.bookinfo:9080/productpage', { agent: agent() }),
  };
  type Judge = (answer: PageAnswer) => string[];
  const settles = async (state: string, { gateway, mesh }: Record<keyof typeof ways, Judge>) => {
    const answers = await eventually(
      async () => {
        const [fromGateway, fromMesh] = await Promise.all([ways.gateway(), ways.mesh()]);
        noFaults([
          ...gateway(fromGateway).map((fault) => `through the gateway: ${fault}`),
          ...mesh(fromMesh).map((fault) => `inside the mesh: ${fault}`),
        ]);
        return { gateway: transcript(fromGateway), mesh: transcript(fromMesh) };
      },
      { waitingFor: `the state «${state}»`, within: 'converge', inARow: 3 },
    );
    await evidence(state, answers);
  };
  await andUndo(
    async () => {
      await apply(lab, [gatewayPrincipal(lab, 'DENY')]);
      await settles('denied', { gateway: isDenied, mesh: isWhole });
      await apply(lab, [gatewayPrincipal(lab, 'ALLOW')]);
      await settles('allowed', { gateway: isWhole, mesh: isDenied });
    },
    async () => {
      await remove(lab, [gatewayPrincipal(lab, 'DENY')]);
      await settles('without a policy', { gateway: isWhole, mesh: isWhole });
    },
  );
});

const gatewayPrincipal = (lab: Lab, action: 'ALLOW' | 'DENY') => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'gateway-principal', namespace: 'bookinfo' },
  spec: {
    selector: { matchLabels: { app: 'productpage' } },
    action,
    // The service account that Istio makes for a gateway has the name of its deployment.
    rules: [
      { from: [{ source: { principals: [`${TRUST_DOMAIN}/ns/${lab.gateway.namespace}/sa/${lab.gateway.name}`] } }] },
    ],
  },
});

const isWhole = (answer: PageAnswer) => judgeProductPage(answer).faults;

function isDenied({ status, body }: PageAnswer): string[] {
  if (status !== 403) return [`the answer is ${status}, not 403`];
  return body === 'RBAC: access denied' ? [] : [`it is denied for another reason: ${body}`];
}

/** A fight writes about 200 times a second; ten changes in five seconds is a fight on the slowest machine. */
const FIGHT = 10;

claim('trust.after-joining.other-bytes-rewritten', async (context) => {
  const { lab } = context;
  await withOtherBytes(context, async (root) => {
    const churn = await observeChurn(lab.kube, 'bookinfo', lab.distribution.rootMaps.mesh.name);
    await context.evidence('churn', summary(churn));
    noFaults([
      churn.versions.length > FIGHT ? undefined : `${churn.name} changed only ${churn.versions.length - 1} times`,
      churn.contents.length === 2 ? undefined : `${churn.contents.length} different texts were seen in it, not 2`,
      holdsOnly(churn, root),
    ]);
  });
});

claim('trust.after-joining.other-bytes-still', async (context) => {
  const { lab } = context;
  await withOtherBytes(context, async (root) => {
    const names = PLANES.map((plane) => lab.distribution.rootMaps[plane].name);
    const churns = await Promise.all(names.map((name) => observeChurn(lab.kube, 'bookinfo', name)));
    await context.evidence('churn', churns.map(summary));
    noFaults([
      new Set(churns.flatMap(({ contents }) => contents)).size === 2
        ? undefined
        : 'both ConfigMaps hold the same bytes',
      ...churns.map((churn) => holdsOnly(churn, root)),
      ...churns.map(({ name, versions }) =>
        versions.length === 1 ? undefined : `${name} changed ${versions.length - 1} times`,
      ),
    ]);
  });
});

/** Gives the gateway plane the shared root with a comment above it; whatever is observed then, Bookinfo must be whole. */
async function withOtherBytes(context: ClaimContext, observe: (root: Certificate) => Promise<void>): Promise<void> {
  const { lab } = context;
  const { root } = await joinedBaseline(context, manual);
  const secret = await borrowSecret(context, cacertsReference(lab.distribution.planes.gateway).metadata);
  await andUndo(
    async () => {
      const text = Buffer.from(secret.data[CA_FILES.root] ?? '', 'base64').toString();
      const commented = Buffer.from(`# The shared root\n${text}`).toString('base64');
      await secret.write({ ...secret.data, [CA_FILES.root]: commented });
      await restartGatewayPlane(lab);
      await observe(root);
      await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
    },
    async () => {
      await secret.putBack();
      await restartIstiod(lab, 'gateway');
    },
  );
}

const summary = ({ contents, ...churn }: Churn) => ({
  ...churn,
  texts: contents.map((text) => ({ text, certificates: parseCertificates(text).map(describe) })),
});

const holdsOnly = ({ name, contents }: Churn, root: Certificate) =>
  sameRoots(contents.flatMap(parseCertificates), [root]) ? undefined : `${name} holds another root than the shared one`;

claim('trust.after-joining.drift', async (context) => {
  const { lab, evidence, agent } = context;
  const joined = await joinedBaseline(context, manual);
  const reference = cacertsReference(lab.distribution.planes.gateway);
  const secret = await borrowSecret(context, reference.metadata);
  await andUndo(
    async () => {
      await remove(lab, [reference]);
      await restartIstiod(lab, 'gateway');
      await strictBookinfo(context, (path, name) => throughGateway(lab, path, { agent: name }));
      const latent = await judgeAgain(lab, joined);
      await restartWorkloads(lab, 'gateway');
      const noticed = await judgeAgain(lab, joined);
      await evidence('judged', { beforeTheProxyRestarts: latent, after: noticed });
      noFaults([
        ...latent.flatMap(({ faults }) => faults),
        ...noticed.map(({ proxy, plane, faults }) => {
          if (plane === 'mesh')
            return faults.length === 0 ? undefined : `${proxy} was named without reason: ${faults.join('; ')}`;
          return faults.length === 3
            ? undefined
            : `${proxy} should have left the shared root; the judges say: ${faults.join('; ') || 'nothing'}`;
        }),
      ]);
      await gatewayRefuses(context);
    },
    async () => {
      await secret.putBack();
      await restartGatewayPlane(lab);
      await wholeThroughGateway(lab, agent());
    },
  );
});

/** The judges of the remedy's own claims, on what every proxy holds now. */
async function judgeAgain(
  lab: Lab,
  { root, planes }: JoinedLab,
): Promise<{ proxy: string; plane: PlaneName; faults: string[] }[]> {
  const held = await readAllSecrets(lab);
  return held.map((one) => {
    const { name, plane } = one.proxy;
    const judges = [issuedBy(planes[plane].intermediate.subjectCommonName ?? ''), verifiesTo(root), trustsOnly(root)];
    const faults = judges.map((judge) => judge(one));
    return { proxy: name, plane, faults: faultsIn(faults).map(({ sentence }) => sentence) };
  });
}
