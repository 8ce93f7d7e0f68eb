import { ENVIRONMENT } from '../../harness/claims/environment.ts';
import { type ClaimContext, claim, keepSecret, lab, report, scenario } from '../../harness/claims/worker.ts';
import { TRUST_DOMAIN } from '../../harness/mesh/lab.ts';
import { judgeProductPage } from '../../harness/probe/bookinfo.ts';
import { observeChurn } from '../../harness/probe/config-map.ts';
import { fromProbe, throughGateway } from '../../harness/probe/http.ts';
import { accessLog } from '../../harness/probe/logs.ts';
import { readAllSecrets } from '../../harness/probe/proxies.ts';
import { type HandshakeResult, handshake } from '../../harness/probe/tls.ts';
import type { Joined, Remedy } from '../../harness/remedies/remedy.ts';
import { eventually } from '../../harness/retry.ts';
import { sabotage } from '../../harness/selftest/sabotages.ts';
import { describe, parseCertificates, sameRoots } from '../../harness/trust/certificate.ts';
import { type Authority, createRoot, issueLeaf } from '../../harness/trust/issue.ts';
import { identifiedAs, issuedBy, trustsOnly, verifiesTo } from '../../harness/trust/proxy-verdict.ts';
import { workloadIdentity } from '../../harness/trust/spiffe.ts';
import { splitBaseline } from './baseline.ts';
import { certificatesOf, everyProxy, noFaults, proxyOf, strictBookinfo } from './checks.ts';

const GATEWAY_IDENTITY = workloadIdentity({
  trustDomain: TRUST_DOMAIN,
  namespace: 'openshift-ingress',
  serviceAccount: 'mesh-gateway-openshift-default',
});

/** From the asserted split to the joined lab, once for all claims of a file. */
function joinedBy(remedy: Remedy) {
  return scenario(async (): Promise<Joined> => {
    await splitBaseline(lab);
    const joined = await remedy.apply(lab, keepSecret);
    const wanted = process.env[ENVIRONMENT.sabotage];
    // cert-manager would put back what is broken in its Secrets.
    if (wanted !== undefined && remedy.name === 'manual') await sabotage(wanted, lab, joined, keepSecret);
    const started = Date.now();
    // Sabotaged, it may never converge: that is for the claims to say, each in its own words.
    const converged = await eventually(
      async () => {
        const answer = await throughGateway(lab, '/productpage', { agent: `meshtrust/${remedy.name}/converge` });
        noFaults(judgeProductPage(answer).faults);
      },
      { waitingFor: 'Bookinfo to be whole through the gateway', within: 'converge', inARow: 5 },
    ).then(
      () => true,
      () => false,
    );
    report({
      type: 'remedy',
      remedy: remedy.name,
      baseline: 'split',
      restarts: joined.restarts,
      applySeconds: joined.seconds,
      convergeSeconds: (Date.now() - started) / 1000,
      support: lab.distribution.support,
    });
    if (!converged) report({ type: 'note', text: `${remedy.name}: Bookinfo was never whole through the gateway` });
    return joined;
  });
}

/** The claims that hold whatever the remedy: both planes under one root, and nothing else let in. */
export function claimJoined(remedy: Remedy): () => Promise<Joined> {
  const joined = joinedBy(remedy);
  const id = (name: string) => `trust.${remedy.name}.${name}`;

  claim(id('bookinfo'), async (context) => {
    await joined();
    await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
  });

  const certificates = async ({ evidence }: ClaimContext) => {
    const truth = await joined();
    const held = await readAllSecrets(lab.kube);
    await evidence('certificates', certificatesOf(held));
    return { truth, held };
  };

  claim(id('leaf-issuer'), async (context) => {
    const { truth, held } = await certificates(context);
    await everyProxy(held, ({ plane }) => issuedBy(truth.intermediates[plane]));
  });

  claim(id('chain'), async (context) => {
    const { truth, held } = await certificates(context);
    await everyProxy(held, () => verifiesTo(truth.root.certificate));
  });

  claim(id('rootca-equal'), async (context) => {
    const { truth, held } = await certificates(context);
    await everyProxy(held, () => trustsOnly(truth.root.certificate));
  });

  claim(id('spiffe-identity'), async (context) => {
    const { held } = await certificates(context);
    await everyProxy(held, ({ namespace, serviceAccount }) =>
      identifiedAs(workloadIdentity({ trustDomain: TRUST_DOMAIN, namespace, serviceAccount })),
    );
  });

  claim(id('peer-principal'), async ({ agent, evidence }) => {
    await joined();
    const name = agent();
    await throughGateway(lab, '/productpage', { agent: name });
    const isInbound = (line: string) => parsed(line).cluster?.startsWith('inbound|') === true;
    const lines = await accessLog(lab.kube, await proxyOf(lab, 'productpage'), name, isInbound);
    await evidence('access.log', lines.join('\n'));
    const inbound = lines.map(parsed);
    noFaults(
      inbound.map(({ peer }) =>
        peer === GATEWAY_IDENTITY
          ? undefined
          : `productpage saw ${peer ?? 'nobody'} as its peer, not ${GATEWAY_IDENTITY}`,
      ),
    );
  });

  claim(id('plaintext-refused'), async ({ agent, evidence }) => {
    await joined();
    const { podIp } = await proxyOf(lab, 'productpage');
    const plain = await fromProbe(lab, 'outside', `http://${podIp}:9080/productpage`, { agent: agent() }).then(
      ({ status }) => ({ answered: true, detail: `HTTP ${status}` }),
      (error: unknown) => ({ answered: false, detail: error instanceof Error ? error.message : String(error) }),
    );
    const bare = await handshake(lab, { host: podIp, port: 9080 }, { agent: agent() });
    await evidence('attempts', { plaintext: plain, withoutCertificate: outcomeOf(bare) });
    noFaults([
      plain.answered ? `plaintext was answered: ${plain.detail}` : undefined,
      isAlert(bare, 'CERTIFICATE_REQUIRED') ? undefined : `TLS without a certificate: ${sentence(bare)}`,
    ]);
  });

  claim(id('foreign-ca-refused'), async ({ agent, evidence }) => {
    const { root } = await joined();
    const { podIp } = await proxyOf(lab, 'productpage');
    const attempt = async (authority: Authority) => {
      const client = await issueLeaf(authority, { spiffeId: GATEWAY_IDENTITY, hours: 1 });
      keepSecret(client.privateKey.pem());
      return await handshake(lab, { host: podIp, port: 9080 }, { client, agent: agent() });
    };
    const foreign = await createRoot({ commonName: 'Foreign Root CA', algorithm: 'P-256', days: 1 });
    keepSecret(foreign.privateKey.pem());
    // The control: only the CA differs, so a refusal of the foreign one is because of its CA.
    const [refused, accepted] = [await attempt(foreign), await attempt(root)];
    await evidence('attempts', { foreignCa: outcomeOf(refused), sharedRoot: outcomeOf(accepted) });
    noFaults([
      isAlert(refused, 'UNKNOWN_CA') ? undefined : `the foreign client: ${sentence(refused)}`,
      accepted.outcome.kind === 'answered' ? undefined : `the client under the shared root: ${sentence(accepted)}`,
    ]);
  });

  claim(id('configmap-stable'), async ({ evidence }) => {
    const { root } = await joined();
    const { roots, ...churn } = await observeChurn(lab.kube, 'bookinfo', 'istio-ca-root-cert');
    const held = roots.flatMap(parseCertificates);
    await evidence('churn', { ...churn, roots: held.map(describe) });
    noFaults([
      churn.versions.length === 1 ? undefined : `it changed ${churn.versions.length - 1} times`,
      sameRoots(held, [root.certificate]) ? undefined : `it holds ${held.map(describe).join(' and ')}`,
    ]);
  });
  return joined;
}

const parsed = (line: string) => JSON.parse(line) as { cluster: string | null; peer: string | null };

const outcomeOf = ({ outcome, protocol }: HandshakeResult) => ({ ...outcome, protocol });

const isAlert = ({ outcome }: HandshakeResult, alert: string) =>
  outcome.kind === 'refused' && outcome.code.includes('ALERT') && outcome.code.endsWith(alert);

const sentence = ({ outcome }: HandshakeResult) =>
  outcome.kind === 'answered' ? `answered with ${outcome.status}` : `refused with ${outcome.code}: ${outcome.message}`;
