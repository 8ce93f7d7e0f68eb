import { ENVIRONMENT } from '../../harness/run/claims/environment.ts';
import { type LabContext, scenario } from '../../harness/run/claims/claim.ts';
import { pemBundle } from '../../harness/verdict/judges/proxy-certificates.ts';
import { CACERTS, CA_FILES } from '../../harness/observations/istio.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { INTERMEDIATES } from '../../harness/lab/remedies/manual.ts';
import type { Remedy } from '../../harness/lab/remedies/remedy.ts';
import { PrivateKey } from '../../harness/verdict/trust/issue.ts';
import { reportGraph } from './audit.ts';
import { splitBaseline } from './baseline.ts';
import { borrowSecret } from './borrowed-secret.ts';
import { judged } from './judged.ts';
import { sabotaged } from './sabotaged.ts';
import { joinedBaseline, wholeThroughGateway } from './joined-baseline.ts';
import { callAsForeigner, callUncertified, heldWhenJoined, peerOfGateway, type Truth, watchMap } from './observe.ts';
import { fetchBookinfo } from './fetch-bookinfo.ts';

/** The claims that hold whatever the remedy: both planes under one root, and nothing else let in. */
export function claimJoined(remedy: Remedy): (context: LabContext) => Promise<Truth> {
  const wanted = process.env[ENVIRONMENT.sabotage];
  // cert-manager would put back what is broken in its Secrets.
  const joined = wanted === undefined || remedy.name !== 'manual' ? joinedBy(remedy) : sabotagedAfter(remedy);
  const id = <Name extends string>(name: Name) => `trust.${remedy.name}.${name}` as const;

  judged(id('bookinfo'), async (context) => {
    await joined(context);
    const { lab, agent } = context;
    return await fetchBookinfo(agent, (path, name) => throughGateway(lab, path, { agent: name }));
  });

  for (const name of ['leaf-issuer', 'chain', 'rootca-equal', 'spiffe-identity'] as const) {
    judged(id(name), async (context) => await heldWhenJoined(context.lab, await joined(context)));
  }

  judged(id('peer-principal'), async (context) => {
    await joined(context);
    return await peerOfGateway(context);
  });

  judged(id('plaintext-refused'), async (context) => {
    await joined(context);
    return await callUncertified(context);
  });

  judged(id('foreign-ca-refused'), async (context) => await callAsForeigner(context, await joined(context)));

  judged(id('configmap-stable'), async (context) => {
    const { root } = await joined(context);
    return { root: pemBundle(root.pem), map: await watchMap(context.lab, 'mesh') };
  });
  return joined;
}

/** From the asserted split to the joined lab, once for all claims of a file. */
function joinedBy(remedy: Remedy): (context: LabContext) => Promise<Truth> {
  return scenario(async (context) => {
    const { lab, keepSecret, report } = context;
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
    await reportGraph(context, `after the ${remedy.name} remedy`, remedy.name);
    if (!converged) report({ type: 'note', text: `${remedy.name}: Bookinfo was never whole through the gateway` });
    return { root: root.certificate, intermediates, issuer: root };
  });
}

/**
 * The joined lab with one thing broken, and mended after the last claim (self-test). One that an earlier sabotage has
 * left whole is taken as it is, which is asserted; its root's key went with the process that made it.
 */
function sabotagedAfter(remedy: Remedy): (context: LabContext) => Promise<Truth> {
  return scenario(async (context) => {
    const { lab } = context;
    const { root, planes } = await joinedBaseline(context, remedy);
    const { namespace } = lab.distribution.planes.mesh;
    const { data } = await borrowSecret(context, { namespace, name: CACERTS });
    const { intermediate } = planes.mesh;
    const issuer = {
      certificate: intermediate,
      chain: [intermediate, root],
      privateKey: await PrivateKey.read(Buffer.from(data[CA_FILES.key] ?? '', 'base64').toString()),
    };
    const truth = { root, intermediates: INTERMEDIATES, issuer };
    await sabotaged(context, 'trust/manual');
    return truth;
  });
}
