import type { KubernetesObject } from '@kubernetes/client-node';
import { type ClaimContext, claim, NotSupported } from '../../harness/run/claims/claim.ts';
import { istiodOf, type Lab, OUTSIDE_PROBE } from '../../harness/lab/mesh/lab.ts';
import { rolledOut } from '../../harness/cluster/kube/rollout.ts';
import { scale } from '../../harness/cluster/ownership/rollout.ts';
import { deadline } from '../../harness/common/deadlines.ts';
import { pause } from '../../harness/common/ending.ts';
import { apiMessage } from '../../harness/cluster/kube/failure.ts';
import { apply, ownsNamespace, remove, removeMadeBy, tryOut } from '../../harness/cluster/ownership/objects.ts';
import { CA_FILES, ISTIO_CA_SECRET, ISTIOD_PROGRAM, TLS_FILES } from '../../harness/observations/istio.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { type IstiodPod, istiodLog, listIstiods } from '../../harness/lab/probe/istiod.ts';
import { readUpstreams } from '../../harness/lab/probe/connections.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { bundle, cacerts, cacertsReference, encode, makeRoom, manual } from '../../harness/lab/remedies/manual.ts';
import {
  restartGatewayPlane,
  restartIstiod,
  restartWorkloads,
  startBeside,
} from '../../harness/lab/remedies/restart.ts';
import { eventually, Fatal } from '../../harness/common/retry.ts';
import {
  type Authority,
  createIntermediate,
  createRoot,
  type IssueOptions,
  PrivateKey,
} from '../../harness/verdict/trust/issue.ts';
import type { TrustGraph } from '../../harness/verdict/trust/graph/model.ts';
import { outcomeOf } from '../../harness/verdict/trust/graph/outcome.ts';
import { auditSays, isJudged, toProductpage } from '../support/audit.ts';
import { borrowSecret } from '../support/borrowed-secret.ts';
import { noFaults, proxyOf, strictBookinfo } from '../support/checks.ts';
import { agentRefuses, someAgentRefuses, underOneRoot, withCacerts } from '../support/gateway-authority.ts';
import { onNewConnections } from '../support/new-connections.ts';
import { gatewayRefuses, workloadsRefuse } from '../support/refusal.ts';
import { setOnIstiod } from '../support/istiod-settings.ts';
import { watchReload } from '../support/reload.ts';
import { splitBaseline } from '../support/baseline.ts';
import { andUndo } from '../support/undo.ts';

claim('trust.bad-authority.incomplete', async (context) => {
  const files = await authorityFiles(context);
  for (const missing of [CA_FILES.key, CA_FILES.root]) {
    const others = Object.entries(files).filter(([name]) => name !== missing);
    const reason = 'failed to create an istiod CA: incomplete signing CA bundle detected';
    await istiodRefuses(context, Object.fromEntries(others), reason);
  }
});

claim('trust.bad-authority.expired', async (context) => {
  const yesterday = { notBefore: daysAgo(2), notAfter: daysAgo(1) };
  const files = await authorityFiles(context, yesterday);
  await istiodRefuses(context, files, 'x509: certificate has expired or is not yet valid');
});

claim('trust.bad-authority.wrong-key', async (context) => {
  const files = await authorityFiles(context);
  const other = await PrivateKey.generate('P-256');
  context.keepSecret(other.pem());
  const swapped = { ...files, [CA_FILES.key]: Buffer.from(other.pem()).toString('base64') };
  await istiodRefuses(context, swapped, 'the cert does not match the key');
});

claim('trust.bad-authority.end-entity', async (context) => {
  const files = await authorityFiles(context, { isCa: false, keyUsages: ['digitalSignature'] });
  await istiodRefuses(context, files, 'certificate is not authorized to sign other certificates');
});

claim('trust.bad-authority.root-path-length', async (context) => {
  await underOneRoot(context);
  const root = await createRoot({ commonName: 'Root without room', pathLength: 0 });
  const authority = await createIntermediate(root, { commonName: 'CA without room' });
  for (const { privateKey } of [root, authority]) context.keepSecret(privateKey.pem());
  const { lab } = context;
  await withCacerts(context, cacerts(lab.distribution.planes.gateway, authority).data, async () => {
    await auditSays(context, (graph) => [foreseen(graph, 'Root without room')]);
    await restartIstiod(lab, 'gateway');
    await agentRefuses(context, 'x509: too many intermediates for path length constraint');
    await auditSays(context, (graph) => [isJudged(toIstiod(graph, lab), 'invalid-chain', 'Root without room')]);
  });
});

claim('trust.bad-authority.glued-pem', async (context) => {
  const root = await createRoot({ commonName: 'Root of a glued CA' });
  const authority = await createIntermediate(root, { commonName: 'Glued CA' });
  for (const { privateKey } of [root, authority]) context.keepSecret(privateKey.pem());
  await istiodRefuses(context, glued(authority), 'failed to parse the cert: invalid PEM encoded certificate');
});

claim('trust.bad-authority.glued-pem-reloaded', async (context) => {
  const { gateway } = await underOneRoot(context);
  const { lab } = context;
  const reload = await watchReload(lab, 'gateway');
  await withCacerts(context, glued(gateway), async () => {
    // The kubelet may hand it over at any moment, and then it is no longer to come.
    await auditSays(context, (graph) => [saysOfRestart(graph, 'joined')]);
    await context.evidence('istiod.log', (await reload.done()).join('\n'));
    await agentRefuses(context, 'x509: certificate signed by unknown authority');
    const name = gateway.certificate.subjectCommonName ?? '';
    await auditSays(context, (graph) => [isJudged(toIstiod(graph, lab), 'chain-incomplete', name)]);
  });
});

/** A Secret of the other form, whose certificate does not end its last line. */
function glued({ certificate, chain, privateKey }: Authority): Record<string, string> {
  return {
    [TLS_FILES.certificate]: encode(certificate.pem.trim()),
    [TLS_FILES.key]: encode(privateKey.pem()),
    [TLS_FILES.root]: encode(bundle(chain.slice(-1))),
  };
}

claim('trust.bad-authority.ends-first', async (context) => {
  const { root } = await underOneRoot(context);
  const { lab } = context;
  await onNewConnections(lab, async () => {
    const ends = new Date(Date.now() + deadline('endingAuthority'));
    const authority = await createIntermediate(root, { commonName: 'Ending CA', notAfter: ends });
    context.keepSecret(authority.privateKey.pem());
    await withCacerts(context, cacerts(lab.distribution.planes.gateway, authority).data, async () => {
      await before(ends, async () => {
        await restartGatewayPlane(lab);
        await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
        // From 1.30 on istiod has no certificate outlive its CA; whether the end is near is told in either case.
        const held = (await readAllSecrets(lab)).filter(({ proxy }) => proxy.plane === 'gateway');
        await context.evidence('ends', { authority: ends, leaves: held.map(({ chain }) => chain[0]?.notAfter) });
        await auditSays(context, (graph) => [
          isJudged(toProductpage(graph), 'trusted', ''),
          outcomeOf(graph, { within: HOUR }) === 'ends-soon' ? undefined : 'the audit does not see the end coming',
        ]);
      });
      await pause(Math.max(0, ends.getTime() - Date.now()));
      // A TLS session that is resumed shows no certificate: whether such go on is told, and asserted of nobody.
      await context.evidence('resumed', await askAgain(context));
      await restartWorkloads(lab, 'mesh', PRODUCTPAGE);
      await workloadsRefuse(context);
      await auditSays(context, (graph) => [isJudged(toProductpage(graph), 'expired', 'Ending CA')]);
    });
  });
});

/** Work that shows nothing once a CA has ended. */
async function before(ends: Date, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (Date.now() < ends.getTime()) throw error;
    const late = 'the CA ended before it could be seen to serve: this machine is too slow, raise deadlines.scale';
    throw new Error(`${late} (${apiMessage(error)})`, { cause: error });
  }
}

const PRODUCTPAGE = [{ namespace: 'bookinfo', name: 'productpage-v1' }];

/** One request, and how many connections the gateway has made for it. */
async function askAgain({ lab, agent }: ClaimContext) {
  const gateway = await proxyOf(lab, 'mesh-gateway');
  const made = async () => (await readUpstreams(lab.kube, gateway)).reduce((sum, one) => sum + one.connections, 0);
  const before = await made();
  const { status } = await throughGateway(lab, '/productpage', { agent: agent() });
  return { status, newConnections: (await made()) - before };
}

claim('trust.bad-authority.two-replicas', async (context) => {
  await underOneRoot(context);
  const { lab } = context;
  const root = await createRoot({ commonName: 'Root of the other pod' });
  const authority = await createIntermediate(root, { commonName: 'CA of the other pod' });
  for (const { privateKey } of [root, authority]) context.keepSecret(privateKey.pem());
  const istiod = istiodOf(lab.distribution.planes.gateway);
  const serving = await listIstiods(lab, 'gateway');
  await withCacerts(context, cacerts(lab.distribution.planes.gateway, authority).data, async () => {
    const observe = async () => {
      await rolledOut(lab.kube, istiod, { within: 'planeReady' });
      const pods = await listIstiods(lab, 'gateway');
      const other = pods.find(({ name }) => serving.every((former) => former.name !== name));
      await auditSays(context, (graph) => [
        isJudged(toIstiod(graph, lab), 'agent-bundle-differs', other?.name ?? 'a second pod'),
        saysOfIstiod(graph, lab).includes('issue from different CAs')
          ? undefined
          : `the audit does not say that the pods of istiod issue from different CAs: ${saysOfIstiod(graph, lab)}`,
      ]);
      await someAgentRefuses(context, 'x509: certificate signed by unknown authority');
    };
    await andUndo(observe, await scale(lab, istiod, serving.length + 1));
  });
});

claim('trust.bad-authority.webhook-root', async (context) => {
  const { lab, evidence } = context;
  const { root } = await underOneRoot(context);
  const foreign = await createRoot({ commonName: 'Root of nobody' });
  context.keepSecret(foreign.privateKey.pem());
  const [right, wrong] = [root.certificate, foreign.certificate].map(({ pem }) => webhookFor(lab, pem));
  const ask = async () => await tryOut(lab.kube, ASKED).then(() => undefined, apiMessage);
  await andUndo(
    async () => {
      await apply(lab, [wrong as KubernetesObject]);
      const refused = await eventually(
        async () => {
          const says = await ask();
          if (says === undefined) throw new Error('it is admitted');
          return says;
        },
        { waitingFor: 'the API server to refuse istiod', within: 'converge', inARow: 3 },
      );
      await auditSays(context, ({ conversations }) => {
        const webhooks = conversations.filter(({ channel }) => channel === 'webhook');
        const ours = webhooks.find(({ from }) => from.some((id) => id.endsWith(`/${WEBHOOK}`)));
        const others = webhooks.filter((one) => one !== ours);
        return [
          isJudged(ours, 'unknown-issuer', 'Root of nobody'),
          others.length > 0 ? undefined : 'the audit sees none of the webhooks that istiod looks after',
          ...others.map((one) => isJudged(one, 'trusted', root.certificate.subjectCommonName ?? '')),
        ];
      });
      // The API server knows the webhook by now, so that an answer under the right root is not one without it.
      await apply(lab, [right as KubernetesObject]);
      await eventually(
        async () => {
          const says = await ask();
          if (says !== undefined) throw new Error(`it is refused: ${says}`);
        },
        { waitingFor: 'the API server to take istiod under its root', within: 'converge', inARow: 3 },
      );
      await evidence('answers', { underAnother: refused, underTheRoot: 'admitted' });
      noFaults([
        refused.includes('x509: certificate signed by unknown authority') ? undefined : `it is refused for: ${refused}`,
      ]);
    },
    () => remove(lab, [right as KubernetesObject]),
  );
});

const WEBHOOK = 'meshtrust-asks-istiod';
const ASKS = { 'meshtrust.dev/asks-istiod': 'yes' };

/**
 * Has the API server ask the mesh plane's istiod about one pod, by a root. istiod mends only those of its own revision.
 */
const webhookFor = ({ distribution: { planes } }: Lab, root: string) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: WEBHOOK },
  webhooks: [
    {
      name: 'asks.meshtrust.dev',
      clientConfig: {
        service: { name: planes.mesh.deployment, namespace: planes.mesh.namespace, path: '/inject', port: 443 },
        caBundle: Buffer.from(root).toString('base64'),
      },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': OUTSIDE_PROBE.namespace } },
      objectSelector: { matchLabels: ASKS },
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 5,
    },
  ],
});

/** A pod that is never made. */
const ASKED = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: WEBHOOK, namespace: OUTSIDE_PROBE.namespace, labels: ASKS },
  spec: { containers: [{ name: 'nobody', image: 'nobody' }] },
};

claim('trust.bad-authority.own-cacerts', async (context) => {
  const { lab, keepSecret } = context;
  const { namespace } = lab.distribution.planes.gateway;
  const reference = cacertsReference(lab.distribution.planes.gateway);
  await splitBaseline(lab);
  if (!(await ownsNamespace(lab, namespace))) {
    throw new NotSupported(`The CA that istiod has made for itself in ${namespace} is not the lab's to take away.`);
  }
  await andUndo(
    async () => {
      await removeMadeBy(ISTIOD_PROGRAM, lab, { ...reference, metadata: { name: ISTIO_CA_SECRET, namespace } });
      const takeBack = await setOnIstiod(lab, 'gateway', { USE_CACERTS_FOR_SELF_SIGNED_CA: 'true' });
      await andUndo(
        async () => {
          await restartWorkloads(lab, 'gateway');
          const { type, data = {} } = await lab.kube.core.readNamespacedSecret(reference.metadata);
          keepSecret(Buffer.from(data[CA_FILES.key] ?? '', 'base64').toString());
          await context.evidence('secret', { type, files: Object.keys(data) });
          noFaults([type === 'istio.io/ca-root' ? undefined : `the type of the Secret is ${type ?? 'not told'}`]);
          await gatewayRefuses(context);
          await auditSays(context, (graph) => [
            isJudged(toProductpage(graph), 'unknown-issuer', ''),
            toProductpage(graph)?.remedies.some((one) =>
              one.includes(`Remove the Secret cacerts in ${namespace} first`),
            ) === true
              ? undefined
              : 'the audit does not say that the Secret has to go first',
            graph.atRestart === undefined
              ? undefined
              : `the audit takes it for a CA that is plugged in: ${graph.atRestart.join(' ')}`,
          ]);
          await manual.apply(lab, keepSecret);
          await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
        },
        () =>
          andUndo(async () => {
            await makeRoom(lab);
            await manual.takeAway(lab);
          }, takeBack),
      );
    },
    () => splitBaseline(lab),
  );
});

const HOUR = 3_600_000;

/** Does the audit foresee what the next restart brings? */
const foreseen = (graph: TrustGraph, word: string) =>
  outcomeOf(graph) === 'breaks-at-restart' ? saysOfRestart(graph, word) : `the audit says ${outcomeOf(graph)}`;

const saysOfRestart = (graph: TrustGraph, word: string) =>
  graph.atRestart?.some((one) => one.includes(word)) === true
    ? undefined
    : `the audit does not foresee it: ${graph.atRestart?.join(' ') ?? 'nothing'}`;

const idOf = ({ distribution: { planes } }: Lab) => `${planes.gateway.namespace}/${planes.gateway.deployment}`;

/** What the audit finds wrong about the gateway plane's istiod. */
const saysOfIstiod = ({ nodes }: TrustGraph, lab: Lab) =>
  nodes.find(({ kind, plane }) => kind === 'istiod' && plane === idOf(lab))?.problem ?? 'nothing';

/** The edge from the gateways' agents to their istiod. */
const toIstiod = ({ conversations }: TrustGraph, lab: Lab) =>
  conversations.find(({ channel, to }) => channel === 'control' && to.includes(idOf(lab)));

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

/** The files of a plugged-in CA, in base64, that has nothing wrong but what the options say. */
async function authorityFiles(
  { lab, keepSecret }: ClaimContext,
  options: IssueOptions = {},
): Promise<Record<string, string>> {
  const root = await createRoot({ commonName: 'Root of a bad CA' });
  const authority = await createIntermediate(root, { commonName: 'Bad CA', ...options });
  for (const { privateKey } of [root, authority]) keepSecret(privateKey.pem());
  return cacerts(lab.distribution.planes.gateway, authority).data;
}

/** Starts an istiod of the gateway plane with these files beside the one that serves; it must fail for the reason. */
async function istiodRefuses(context: ClaimContext, files: Record<string, string>, reason: string): Promise<void> {
  const { lab, evidence } = context;
  await underOneRoot(context);
  const serving = await listIstiods(lab, 'gateway');
  const secret = await borrowSecret(context, cacertsReference(lab.distribution.planes.gateway).metadata);
  const observe = async () => {
    const crashed = await crashLoop(lab, serving);
    const said = (await istiodLog(lab, crashed)).filter((line) => line.includes(reason));
    await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
    // A rollout may start several beside those that serve.
    const after = (await listIstiods(lab, 'gateway')).filter(({ name }) => serving.some((one) => one.name === name));
    await evidence('istiods', { crashed, said, before: serving, after });
    noFaults([
      said.length > 0 ? undefined : `${crashed.name} ended without a word of «${reason}»`,
      JSON.stringify(after) === JSON.stringify(serving) ? undefined : 'the istiod that served is not as it was',
    ]);
  };
  let takeBack = () => Promise.resolve();
  await andUndo(
    async () => {
      await secret.write(files);
      takeBack = await startBeside(lab, istiodOf(lab.distribution.planes.gateway));
      await observe();
    },
    // The Secret first: where the one that served is gone after all, its successor needs a sound CA.
    () =>
      andUndo(
        () => secret.putBack(),
        () => takeBack(),
      ),
  );
}

/** The new istiod, once it has ended so often that the kubelet makes pauses; at once a failure if it serves. */
const crashLoop = async (lab: Lab, serving: readonly IstiodPod[]): Promise<IstiodPod> =>
  await eventually(
    async () => {
      const pods = await listIstiods(lab, 'gateway');
      const fresh = pods.find(({ name }) => serving.every((former) => former.name !== name));
      if (fresh === undefined) throw new Error('there is no new istiod');
      if (fresh.ready) throw new Fatal(new Error(`${fresh.name} is Ready: it serves in spite of such a cacerts`));
      if (fresh.waiting !== 'CrashLoopBackOff') throw new Error(`${fresh.name} ${fresh.waiting ?? 'runs'}`);
      return fresh;
    },
    { waitingFor: 'the new istiod to be in CrashLoopBackOff', within: 'planeReady' },
  );
