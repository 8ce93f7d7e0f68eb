import type { ClaimContext } from '../../harness/run/claims/claim.ts';
import type { IssuedCas } from '../../harness/verdict/judges/cert-manager.ts';
import type { WatchedMap } from '../../harness/verdict/judges/config-map.ts';
import { pemBundle, recordCertificates } from '../../harness/verdict/judges/proxy-certificates.ts';
import type { HeldWhenJoined } from '../../harness/verdict/judges/joined.ts';
import { defined } from '../../harness/common/defined.ts';
import {
  type Foreigners,
  isInbound,
  type Peer,
  type TlsAttempt,
  type Uncertified,
} from '../../harness/verdict/judges/unauthorized-clients.ts';
import { livePods } from '../../harness/cluster/kube/rollout.ts';
import { BOOKINFO, identityOfGateway, type Lab, TRUST_DOMAIN } from '../../harness/lab/mesh/lab.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { readCaCertificates } from '../../harness/lab/probe/cert-manager.ts';
import { observeChurn } from '../../harness/lab/probe/config-map.ts';
import { fromProbe, throughGateway } from '../../harness/lab/probe/http.ts';
import { accessLog } from '../../harness/lab/probe/logs.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { handshake, type HandshakeResult } from '../../harness/lab/probe/tls.ts';
import type { Certificate } from '../../harness/observations/certificate.ts';
import { type Authority, createRoot, issueLeaf } from '../../harness/verdict/trust/issue.ts';
import { proxyOf, withProxy } from './checks.ts';

/** What a remedy was to put in place: what a lab is held against. */
export interface Truth {
  root: Certificate;
  /** Common name of each plane's intermediate. */
  intermediates: Record<PlaneName, string>;
  /** Makes clients that are to be accepted: the root, or an intermediate below it. */
  issuer: Authority;
}

/** What all proxies hold, beside what the remedy was to put in place. */
export async function heldWhenJoined(lab: Lab, { root, intermediates }: Truth): Promise<HeldWhenJoined> {
  return {
    expected: { root: root.pem, intermediates, trustDomain: TRUST_DOMAIN, deployments: withProxy(lab) },
    ...recordCertificates(await readAllSecrets(lab), new Date()),
  };
}

/** Whom productpage saw as its peer when a request came through the gateway. */
export async function peerOfGateway({ lab, agent }: ClaimContext): Promise<Peer> {
  const name = agent();
  await throughGateway(lab, '/productpage', { agent: name });
  const lines = await accessLog(lab.kube, await proxyOf(lab, 'productpage'), name, isInbound);
  return { expected: identityOfGateway(lab), lines };
}

/** What Bookinfo's workloads, with a sidecar or without, tell a client outside the mesh that has no certificate. */
export async function callUncertified({ lab, agent }: ClaimContext): Promise<Uncertified> {
  const pods = await livePods(lab.kube, 'bookinfo');
  const workloads = pods.map(async ({ metadata, status }) => {
    const host = status?.podIP ?? '';
    const plaintext = await fromProbe(lab, 'outside', `http://${host}:9080/health`, { agent: agent() }).then(
      (answer) => ({ answered: true, detail: `HTTP ${answer.status}` }),
      (error: unknown) => ({ answered: false, detail: error instanceof Error ? error.message : String(error) }),
    );
    const withoutCertificate = attempt(await handshake(lab, { host, port: 9080 }, { agent: agent() }));
    return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', plaintext, withoutCertificate };
  });
  return { expected: BOOKINFO, workloads: await Promise.all(workloads) };
}

/** How productpage takes a client of a foreign CA, and one under the shared root that is the same in all else. */
export async function callAsForeigner(
  { lab, agent, keepSecret }: ClaimContext,
  { issuer }: Truth,
): Promise<Foreigners> {
  const { podIp } = await proxyOf(lab, 'productpage');
  const call = async (authority: Authority) => {
    const client = await issueLeaf(authority, { spiffeId: identityOfGateway(lab), hours: 1 });
    keepSecret(client.privateKey.pem());
    return attempt(await handshake(lab, { host: podIp, port: 9080 }, { client, agent: agent() }));
  };
  const foreign = await createRoot({ commonName: 'Foreign Root CA', algorithm: 'P-256', days: 1 });
  keepSecret(foreign.privateKey.pem());
  return { foreignCa: await call(foreign), sharedRoot: await call(issuer) };
}

const attempt = ({ outcome, protocol }: HandshakeResult): TlsAttempt => ({
  ...outcome,
  ...defined({ protocol }),
});

/** The root ConfigMap that a plane writes into the mesh's namespace, watched for a while. */
export async function watchMap(lab: Lab, plane: PlaneName): Promise<WatchedMap> {
  const { contents, ...churn } = await observeChurn(lab.kube, 'bookinfo', lab.distribution.rootMaps[plane].name);
  return { ...churn, roots: contents.map(pemBundle) };
}

/** The CAs of both planes as cert-manager keeps them. */
export async function issuedCas(lab: Lab): Promise<IssuedCas> {
  const found = await readCaCertificates(lab);
  const { mesh } = lab.distribution.planes;
  return {
    cas: found.map(({ namespace, conditions, owner, ca }) => ({
      plane: namespace === mesh.namespace ? 'mesh' : 'gateway',
      ...{ namespace, conditions },
      ...defined({ owner }),
      ca: pemBundle(ca.pem),
    })),
  };
}
