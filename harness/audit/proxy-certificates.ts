import { messageOf } from '../common/errors.ts';
import type { Kube } from '../cluster/kube/client.ts';
import { getFromPod } from '../cluster/kube/port-forward.ts';
import type { SeenCertificates } from '../observations/proxy.ts';
import { type EnvoySecrets, parseEnvoySecrets, SECRETS_PATH } from '../lab/probe/envoy-secrets.ts';
import type { Certificate } from '../observations/certificate.ts';
import { parseRevocationLists } from '../observations/revocation-list.ts';
import type { ObservedProxy, ObservedRevocation } from '../verdict/trust/graph/observation.ts';
import { connectDirectly, presentedOn } from './handshake.ts';
import type { ProxyPod } from './proxy-pods.ts';

/** What of a proxy only the proxy itself can tell. */
export type OwnWord = Pick<
  ObservedProxy,
  'seenBy' | 'problem' | 'rootsByDomain' | 'revocation' | keyof SeenCertificates
>;

const NOTHING = { chain: undefined, roots: undefined, rootsByDomain: undefined, revocation: undefined };
const unseen = (problem: string): OwnWord => ({ ...NOTHING, seenBy: 'none', problem });

/**
 * Asks a proxy's Envoy what it holds. One that does not answer, or not with that, is not seen; it is no failure. One that
 * answers and has no certificate or no roots has none: it can talk to nobody, unless its pod has only just started.
 */
export async function askEnvoy(kube: Kube, proxy: ProxyPod): Promise<OwnWord> {
  if (!proxy.isRunning) return unseen(proxy.notServing ?? 'its proxy does not run');
  let answer: string;
  try {
    answer = await getFromPod(kube, proxy, proxy.adminPort, SECRETS_PATH, 'auditAnswer');
  } catch (error) {
    const notServing = proxy.notServing === undefined ? '' : `${proxy.notServing}, and `;
    return unseen(`${notServing}its Envoy does not answer: ${messageOf(error)}`);
  }
  try {
    const { chain, roots, rootsByDomain, crl, unread } = parseEnvoySecrets(answer);
    const missing = [
      ...(chain === undefined ? ['workload certificate'] : []),
      ...(roots === undefined && unread === undefined ? ['ROOTCA'] : []),
    ];
    const none = proxy.isStarting ? undefined : [];
    const problems = [
      proxy.notServing,
      missing.length === 0 ? undefined : `its Envoy holds no ${missing.join(' and no ')}`,
      unread,
    ].filter((problem) => problem !== undefined);
    return {
      seenBy: 'admin',
      problem: problems.length === 0 ? undefined : problems.join('; '),
      chain: chain ?? none,
      roots: roots ?? (unread === undefined ? none : undefined),
      rootsByDomain,
      revocation: crl && revocationBy(crl),
    };
  } catch (error) {
    return unseen(`its Envoy answers with something else than its secrets: ${messageOf(error)}`);
  }
}

/**
 * Envoy shows what it has read, even from a file (1.36 to 1.38). One that names a file instead is not second-guessed: it
 * holds what was there when its pod started, and the ConfigMap may have changed since.
 */
const revocationBy = (crl: NonNullable<EnvoySecrets['crl']>): ObservedRevocation =>
  'pem' in crl
    ? { from: 'its Envoy', lists: parseRevocationLists(crl.pem) }
    : { from: `the file ${crl.file} of its pod`, lists: undefined };

/** Whether pods' own addresses lead anywhere from here, learnt on the way: not tried for ever. */
export class DirectReach {
  #failures = 0;
  #reached = false;

  get isHopeless(): boolean {
    return !this.#reached && this.#failures >= ENOUGH;
  }

  note(reached: boolean): void {
    if (reached) this.#reached = true;
    else this.#failures += 1;
  }
}

const ENOUGH = 3;

/** By these a sidecar tells its peers' mutual TLS from anything else, for HTTP and for TCP. */
const IN_MESH = ['istio-http/1.1', 'istio'];

/**
 * Looks at what a sidecar presents on its own address, and takes `bundle`, its ConfigMap's roots, for those it trusts;
 * empty or undefined if that could not be read.
 * A gateway's listeners present what their Gateway says, so there is nothing to be learnt from them.
 */
export async function lookFromOutside(
  proxy: ProxyPod,
  bundle: readonly Certificate[] | undefined,
  reach: DirectReach,
): Promise<OwnWord> {
  if (proxy.notServing !== undefined) return unseen(proxy.notServing);
  if (proxy.kind === 'gateway') return unseen('a gateway can only be asked through a port-forward');
  const { podIp, appPort } = proxy;
  if (podIp === undefined || appPort === undefined) return unseen('its pod names no port to look at');
  if (reach.isHopeless) return unseen('pod addresses cannot be reached from here');
  try {
    const stream = await connectDirectly(podIp, appPort, 'auditDirect').catch((error: unknown) => {
      reach.note(false);
      throw error;
    });
    reach.note(true);
    const chain = await presentedOn(stream, { protocols: IN_MESH, within: 'auditDirect' });
    if (chain[0]?.uris.some((uri) => uri.startsWith('spiffe://')) !== true) {
      return unseen(`${podIp}:${appPort} presents a certificate that is not a workload's`);
    }
    const roots = bundle?.length === 0 ? undefined : bundle;
    const problem = roots === undefined ? 'what it trusts was not seen' : undefined;
    return { ...NOTHING, seenBy: 'handshake', problem, chain, roots };
  } catch (error) {
    // OpenSSL's own messages name its source files; the reason is all that a person wants.
    const { reason } = error as { reason?: string };
    return unseen(`no mutual TLS at ${podIp}:${appPort}: ${reason ?? messageOf(error)}`);
  }
}
