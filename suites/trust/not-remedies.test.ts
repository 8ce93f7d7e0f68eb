import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import { REVISION_LABEL } from '../../harness/observations/istio.ts';
import type { MaybeFault } from '../../harness/observations/fault.ts';
import { PLANES } from '../../harness/observations/planes.ts';
import { apply, change, remove } from '../../harness/cluster/ownership/objects.ts';
import { INSIDE_PROBE, type Lab } from '../../harness/lab/mesh/lab.ts';
import { judgeProductPage, type PageAnswer } from '../../harness/verdict/judges/bookinfo.ts';
import { refusedForTheSplit } from '../../harness/verdict/judges/split.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { accessLog } from '../../harness/lab/probe/logs.ts';
import { readAllSecrets, sumCounters } from '../../harness/lab/probe/proxies.ts';
import { handshake } from '../../harness/lab/probe/tls.ts';
import { restartGatewayPlane, restartMeshPlane, restartWorkloads } from '../../harness/lab/remedies/restart.ts';
import { eventually } from '../../harness/common/retry.ts';
import type { Authority } from '../../harness/verdict/trust/issue.ts';
import { trustsOnly, verifiesTo } from '../../harness/verdict/trust/proxy-verdict.ts';
import { backendTlsPolicy, policyAccepted } from '../support/backend-tls-policy.ts';
import { splitBaseline } from '../support/baseline.ts';
import { certificatesOf, noFaults, proxyOf, transcript } from '../support/checks.ts';
import { plugInCa, reachesIstiod, sharedHierarchy, unplug } from '../support/plug-in.ts';
import { askRefused, gatewayRefuses } from '../support/refusal.ts';
import { andUndo } from '../support/undo.ts';

claim('trust.not-remedies.permissive', async (context) => {
  const { lab, agent } = context;
  await splitBaseline(lab);
  const { podIp } = await proxyOf(lab, 'productpage');
  const plaintext = () => fromProbe(lab, 'outside', `http://${podIp}:9080/productpage`, { agent: agent() });
  let takeBack = () => Promise.resolve();
  await andUndo(
    async () => {
      // The gateway plane looks for mesh-wide policies in its own namespace; one for bookinfo it sees as well.
      takeBack = await change(lab, permissive(lab.distribution.planes.mesh.namespace));
      await apply(lab, [permissive('bookinfo')]);
      await eventually(
        async () => {
          const { status } = await plaintext();
          if (status !== 200) throw new Error(`plaintext was answered with ${status}`);
        },
        { waitingFor: 'productpage to take plaintext', within: 'converge', inARow: 3 },
      );
      await gatewayRefuses(context);
    },
    async () => {
      await remove(lab, [permissive('bookinfo')]);
      await takeBack();
      await eventually(
        async () => {
          const answer = await plaintext().catch(() => undefined);
          if (answer !== undefined) throw new Error(`plaintext was answered with ${answer.status}`);
        },
        { waitingFor: 'productpage to refuse plaintext again', within: 'converge', inARow: 3 },
      );
    },
  );
});

const permissive = (namespace: string) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace },
  spec: { mtls: { mode: 'PERMISSIVE' } },
});

claim('trust.not-remedies.backend-tls-policy', async (context) => {
  const { lab, agent, evidence } = context;
  // With the gateway plane's revision no other plane reads it.
  await withPolicy(context, { [REVISION_LABEL]: lab.distribution.planes.gateway.revision }, async () => {
    await evidence('policy', await policyAccepted(lab, lab.distribution.gatewayClass.controllerName));
    const gateway = await proxyOf(lab, 'mesh-gateway');
    const { podIp } = await proxyOf(lab, 'productpage');
    const counter = () => sumCounters(lab.kube, gateway, 'ssl.fail_verify_error');
    const answers = await eventually(
      async () => {
        const name = agent();
        const before = await counter();
        const answer = await throughGateway(lab, '/productpage', { agent: name });
        const after = await counter();
        noFaults([
          isCutOff(answer),
          after === before ? undefined : 'the gateway still refuses the certificate of productpage',
        ]);
        return { answer: transcript(answer), log: await accessLog(lab.kube, gateway, name) };
      },
      { waitingFor: 'the gateway to follow the policy', within: 'converge', inARow: 3 },
    );
    const bare = await handshake(lab, { host: podIp, port: 9080 }, { agent: agent() });
    const inside = await fromMesh(lab, agent());
    await evidence('answers', { ...answers, withoutCertificate: bare.outcome, insideTheMesh: transcript(inside) });
    noFaults([
      answers.log.join('\n').includes(' 503 UC ') ? undefined : 'the workload did not end the connection',
      bare.outcome.kind === 'refused' && bare.outcome.code.endsWith('ALERT_CERTIFICATE_REQUIRED')
        ? undefined
        : 'productpage asks a client without a certificate for none',
      ...judgeProductPage(inside).faults,
    ]);
  });
});

claim('trust.not-remedies.backend-tls-policy-in-mesh', async (context) => {
  const { lab, agent, evidence } = context;
  await withPolicy(context, {}, async () => {
    const answer = await eventually(
      async () => {
        const inside = await fromMesh(lab, agent());
        noFaults([isCutOff(inside)]);
        return inside;
      },
      { waitingFor: 'the mesh to follow the policy', within: 'converge', inARow: 3 },
    );
    await evidence('answer.txt', transcript(answer));
  });
});

const fromMesh = (lab: Lab, agent: string) =>
  fromProbe(lab, 'inside', 'http://productpage.bookinfo:9080/productpage', { agent });

/** What Envoy says of a server that ends the connection after the handshake, as one does that misses a certificate. */
function isCutOff({ status, body }: PageAnswer): string | undefined {
  if (status !== 503) return `the answer is ${status}, not 503`;
  if (!body.endsWith('reset reason: connection termination')) return `the reason given is another: ${body}`;
  return undefined;
}

/** From the split to a policy and back, when the mesh is whole and the gateway refuses as before. */
async function withPolicy(
  { lab, agent }: ClaimContext,
  labels: Record<string, string>,
  observe: () => Promise<void>,
): Promise<void> {
  const held = await splitBaseline(lab);
  const root = held.find(({ proxy }) => proxy.app === 'productpage')?.roots[0];
  if (root === undefined) throw new Error('productpage has no proxy');
  const objects = backendTlsPolicy(root, labels);
  await andUndo(
    async () => {
      await apply(lab, objects);
      await observe();
    },
    async () => {
      await remove(lab, objects);
      await eventually(
        async () => {
          noFaults([
            ...refusedForTheSplit(await askRefused(lab, agent())),
            ...judgeProductPage(await fromMesh(lab, agent())).faults,
          ]);
        },
        { waitingFor: 'the split as it was', within: 'converge', inARow: 3 },
      );
    },
  );
}

claim('trust.not-remedies.gateway-side-only', async (context) => {
  const { lab } = context;
  await splitBaseline(lab);
  const { root, gateway } = await sharedHierarchy(context);
  await andUndo(
    async () => {
      await plugInCa(lab, 'gateway', gateway);
      await restartGatewayPlane(lab);
      await hasMoved(lab, 'mesh-gateway', root);
      await gatewayRefuses(context);
    },
    async () => {
      await unplug(lab, 'gateway');
      await restartGatewayPlane(lab);
    },
  );
});

claim('trust.not-remedies.mesh-side-only', async (context) => {
  const { lab } = context;
  await splitBaseline(lab);
  const { root, mesh } = await sharedHierarchy(context);
  await andUndo(
    async () => {
      await plugInCa(lab, 'mesh', mesh);
      // The one workload that the gateway calls is enough.
      await restartMeshPlane(lab, [{ namespace: 'bookinfo', name: 'productpage-v1' }]);
      await hasMoved(lab, 'productpage', root);
      await gatewayRefuses(context);
    },
    async () => {
      await unplug(lab, 'mesh');
      await restartMeshPlane(lab);
    },
  );
});

claim('trust.not-remedies.no-restart', async (context) => {
  const { lab, evidence } = context;
  const before = await splitBaseline(lab);
  const { mesh, gateway } = await sharedHierarchy(context);
  await andUndo(
    async () => {
      await Promise.all([plugInCa(lab, 'mesh', mesh), plugInCa(lab, 'gateway', gateway)]);
      await Promise.all(PLANES.map((plane) => reachesIstiod(lab, plane)));
      await restartWorkloads(lab, 'gateway', [lab.gateway]);
      // Where both planes write one ConfigMap, a sidecar that starts comes up by luck.
      if (lab.distribution.configMaps === 'separate') await restartWorkloads(lab, 'mesh', [INSIDE_PROBE]);
      const held = await readAllSecrets(lab);
      await evidence('certificates', certificatesOf(held));
      const isNew = (name: string) => before.every(({ proxy }) => proxy.name !== name);
      const restarted = held.filter(({ proxy }) => isNew(proxy.name));
      if (restarted.length === 0) throw new Error('no proxy has restarted');
      const judged = restarted.flatMap((one): MaybeFault[] => {
        const [former] = before.find(({ proxy }) => proxy.plane === one.proxy.plane)?.roots ?? [];
        if (former === undefined) return [`${one.proxy.name} has no predecessor`];
        return [verifiesTo(former)(one), trustsOnly(former)(one)];
      });
      noFaults(judged);
    },
    () => Promise.all(PLANES.map((plane) => unplug(lab, plane))),
  );
});

/** The control: without it a plane that has never moved would pass for one that moved in vain. */
async function hasMoved(lab: Lab, app: string, root: Authority): Promise<void> {
  const held = (await readAllSecrets(lab)).filter(({ proxy }) => proxy.app === app);
  if (held.length === 0) throw new Error(`${app} has no proxy`);
  const judge = trustsOnly(root.certificate);
  noFaults(held.map((one) => judge(one)));
}
