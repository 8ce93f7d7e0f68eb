import type { KubernetesObject } from '@kubernetes/client-node';
import { apiMessage, found } from '../cluster/kube/failure.ts';
import { listed } from '../verdict/trust/graph/words.ts';
import { type AccessName, pathOf } from './access.ts';
import type { Audit } from './context.ts';

/** What a PeerAuthentication or a DestinationRule says of TLS, as far as it is read here. */
interface TlsSettings extends KubernetesObject {
  spec?: {
    mtls?: Mode;
    portLevelMtls?: Record<string, Mode>;
    host?: string;
    trafficPolicy?: TrafficPolicy;
    subsets?: { trafficPolicy?: TrafficPolicy }[];
  };
}
interface TrafficPolicy {
  tls?: Mode;
  portLevelSettings?: { tls?: Mode }[];
}
interface Mode {
  mode?: string;
}

/**
 * Says where proxies are told to do without the mutual TLS that is judged here. PERMISSIVE is no such place: proxies go on
 * with it among themselves (Istio, «Mutual TLS migration»).
 */
export async function tellPlaintext(audit: Audit): Promise<void> {
  await Promise.all([
    tell(audit, 'peerAuthentications', 'PeerAuthentication', ({ spec }) =>
      [spec?.mtls, ...Object.values(spec?.portLevelMtls ?? {})].some((one) => one?.mode === 'DISABLE')
        ? 'has servers take plaintext alone'
        : undefined,
    ),
    tell(audit, 'destinationRules', 'DestinationRule', ({ spec }) => {
      if (!isInMesh(spec?.host ?? '')) return undefined;
      const policies = [spec?.trafficPolicy, ...(spec?.subsets ?? []).map(({ trafficPolicy }) => trafficPolicy)];
      const modes = policies.flatMap((one) => [one?.tls, ...(one?.portLevelSettings ?? []).map(({ tls }) => tls)]);
      const mode = modes.find((one) => one?.mode !== undefined && one.mode !== 'ISTIO_MUTUAL')?.mode;
      return mode === undefined ? undefined : `has clients call ${spec?.host ?? ''} with tls ${mode}`;
    }),
  ]);
}

/** A Service of the cluster, by a short name or a long one; hosts outside have TLS of their own. */
const isInMesh = (host: string): boolean => !host.includes('.') || /\.svc(\.|$)|\.local$/.test(host) || host === '*';

/** Versions that Istio serves its API in, the newest first (v1 since 1.22). */
const VERSIONS = ['v1', 'v1beta1'];

async function tell(
  audit: Audit,
  access: AccessName,
  kind: string,
  judge: (object: TlsSettings) => string | undefined,
): Promise<void> {
  const scopes = audit.scopes(access);
  if (scopes.length === 0) {
    audit.lacks(access);
    return;
  }
  try {
    const lists = await Promise.all(scopes.map((namespace) => list(audit, access, namespace)));
    const findings = lists.flat().flatMap((object) => {
      const says = judge(object);
      const { namespace = '', name = '' } = object.metadata ?? {};
      return says === undefined ? [] : [{ says, name: `${namespace}/${name}` }];
    });
    for (const [says, those] of Map.groupBy(findings, (one) => one.says)) {
      const names = listed(those.map(({ name }) => name));
      audit.noted(`${kind} ${names} ${says}: there traffic goes without the TLS that is judged here.`);
    }
  } catch (error) {
    audit.noted(`Where any ${kind} does without mutual TLS was not seen: ${apiMessage(error)}.`);
  }
}

/** Nothing where the kind is not served. */
async function list(audit: Audit, access: AccessName, namespace: string | undefined): Promise<TlsSettings[]> {
  for (const version of VERSIONS) {
    const path = pathOf(access, version, namespace);
    const answer = await found(audit.kube.objects.get<{ items: TlsSettings[] }>(path));
    if (answer !== undefined) return answer.items;
  }
  return [];
}
