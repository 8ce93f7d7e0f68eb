import { afterAll } from 'vitest';
import { ENVIRONMENT } from '../../harness/claims/environment.ts';
import { keepSecret, lab, report, scenario } from '../../harness/claims/worker.ts';
import { deadline } from '../../harness/deadlines.ts';
import { bundle } from '../../harness/judges/held.ts';
import { apiMessage } from '../../harness/kube/failure.ts';
import { CACERTS, CA_FILES } from '../../harness/observations/istio.ts';
import { throughGateway } from '../../harness/probe/http.ts';
import { INTERMEDIATES } from '../../harness/remedies/manual.ts';
import type { Remedy } from '../../harness/remedies/remedy.ts';
import { sabotage } from '../../harness/selftest/sabotages.ts';
import { PrivateKey } from '../../harness/trust/issue.ts';
import { drawGraph } from './audit.ts';
import { splitBaseline } from './baseline.ts';
import { borrowSecret } from './borrowed-secret.ts';
import { judged } from './judged.ts';
import { joinedBaseline, wholeThroughGateway } from './joined-baseline.ts';
import { callAsForeigner, callUncertified, heldWhenJoined, peerOfGateway, type Truth, watchMap } from './observe.ts';
import { visitBookinfo } from './visit.ts';

/** The claims that hold whatever the remedy: both planes under one root, and nothing else let in. */
export function claimJoined(remedy: Remedy): () => Promise<Truth> {
  const wanted = process.env[ENVIRONMENT.sabotage];
  // cert-manager would put back what is broken in its Secrets.
  const joined = wanted === undefined || remedy.name !== 'manual' ? joinedBy(remedy) : sabotagedBy(wanted, remedy);
  const id = <Name extends string>(name: Name) => `trust.${remedy.name}.${name}` as const;

  judged(id('bookinfo'), async ({ agent }) => {
    await joined();
    return await visitBookinfo(agent, (path, name) => throughGateway(lab, path, { agent: name }));
  });

  for (const name of ['leaf-issuer', 'chain', 'rootca-equal', 'spiffe-identity'] as const) {
    judged(id(name), async () => await heldWhenJoined(await joined()));
  }

  judged(id('peer-principal'), async ({ agent }) => {
    await joined();
    return await peerOfGateway(agent);
  });

  judged(id('plaintext-refused'), async ({ agent }) => {
    await joined();
    return await callUncertified(agent);
  });

  judged(id('foreign-ca-refused'), async ({ agent }) => await callAsForeigner(agent, await joined()));

  judged(id('configmap-stable'), async () => {
    const { root } = await joined();
    return { root: bundle(root.pem), map: await watchMap('mesh') };
  });
  return joined;
}

/** From the asserted split to the joined lab, once for all claims of a file. */
function joinedBy(remedy: Remedy): () => Promise<Truth> {
  return scenario(async () => {
    await splitBaseline(lab);
    const { root, intermediates, restarts, seconds } = await remedy.apply(lab, keepSecret);
    const started = Date.now();
    // If it never converges, that is for the claims to say, each in its own words.
    const converged = await wholeThroughGateway(lab, `meshtrust/${remedy.name}/converge`).then(
      () => true,
      () => false,
    );
    report({
      type: 'remedy',
      remedy: remedy.name,
      baseline: 'split',
      restarts,
      applySeconds: seconds,
      convergeSeconds: (Date.now() - started) / 1000,
      support: lab.distribution.support,
    });
    await drawGraph(`after the ${remedy.name} remedy`, remedy.name);
    if (!converged) report({ type: 'note', text: `${remedy.name}: Bookinfo was never whole through the gateway` });
    return { root: root.certificate, intermediates, issuer: root };
  });
}

/**
 * The joined lab with one thing broken, and mended after the last claim (self-test). One that an earlier sabotage has
 * left whole is taken as it is, which is asserted; its root's key went with the process that made it.
 */
function sabotagedBy(name: string, remedy: Remedy): () => Promise<Truth> {
  const undo = new AsyncDisposableStack();
  afterAll(
    async () => {
      await undo.disposeAsync().catch((error: unknown) => {
        report({ type: 'note', text: `${name} could not be undone: ${apiMessage(error)}` });
      });
    },
    2 * deadline('claimGroup'),
  );
  return scenario(async () => {
    const { root, planes } = await joinedBaseline(lab, remedy);
    const { namespace } = lab.distribution.planes.mesh;
    const { data } = await borrowSecret(lab, { namespace, name: CACERTS });
    const { intermediate } = planes.mesh;
    const issuer = {
      certificate: intermediate,
      chain: [intermediate, root],
      privateKey: await PrivateKey.read(Buffer.from(data[CA_FILES.key] ?? '', 'base64').toString()),
    };
    const truth = { root, intermediates: INTERMEDIATES, issuer };
    await sabotage(name, { lab, undo, keepSecret });
    return truth;
  });
}
