import type { KubernetesObject } from '@kubernetes/client-node';
import { apiMessage, found } from '../cluster/kube/failure.ts';
import { listed } from '../verdict/trust/graph/words.ts';
import { type AccessName, pathOf } from './access.ts';
import type { Audit } from './context.ts';
import type { PlaneDeployment } from './planes.ts';

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
  subjectAltNames?: string[];
}

/**
 * Says where proxies are told to do without the mutual TLS that is judged here. PERMISSIVE is no such place: proxies go on
 * with it among themselves (Istio, «Mutual TLS migration»).
 */
export async function tellPlaintext(audit: Audit, planes: readonly PlaneDeployment[]): Promise<void> {
  // Settings of a root namespace are everybody's.
  const { namespaces } = audit.options;
  const scope =
    namespaces.length === 0 ? [] : [...new Set([...namespaces, ...planes.map(({ namespace }) => namespace)])];
  await Promise.all([
    tell(audit, 'peerAuthentications', 'PeerAuthentication', scope, ({ spec }, name) => {
      const modes = [spec?.mtls, ...Object.values(spec?.portLevelMtls ?? {})];
      if (modes.some((one) => one?.mode === 'DISABLE'))
        audit.noted(plaintext(name, 'has servers take plaintext alone'));
    }),
    tell(audit, 'destinationRules', 'DestinationRule', scope, ({ spec }, name) => {
      const host = spec?.host ?? '';
      if (!isInMesh(host)) return;
      const policies = [spec?.trafficPolicy, ...(spec?.subsets ?? []).map(({ trafficPolicy }) => trafficPolicy)];
      const settings = policies.flatMap((one) => [one?.tls, ...(one?.portLevelSettings ?? []).map(({ tls }) => tls)]);
      // Without a mode they are those of the enumeration's zero (istio.networking.v1, ClientTLSSettings.TLSmode).
      const tls = settings.filter((one) => one !== undefined).map((one) => ({ mode: 'DISABLE', ...one }));
      const mode = tls.find((one) => one.mode !== 'ISTIO_MUTUAL')?.mode;
      if (mode !== undefined) audit.noted(plaintext(name, `has clients call ${host} with tls ${mode}`));
      const names = tls.flatMap((one) => (one.mode === 'ISTIO_MUTUAL' ? (one.subjectAltNames ?? []) : []));
      if (names.length > 0) {
        audit.missed(
          `${name} has clients of ${host} demand ${listed(names)} of it, in the place of the names that are judged here: ` +
            'whether it has them is not known.',
        );
      }
    }),
  ]);
}

const plaintext = (name: string, says: string) =>
  `${name} ${says}: there traffic goes without the TLS that is judged here.`;

/** A Service of the cluster, by a short name or a long one; hosts outside have TLS of their own. */
const isInMesh = (host: string): boolean => !host.includes('.') || /\.svc(\.|$)|\.local$/.test(host) || host === '*';

/** Versions that Istio serves its API in, the newest first (v1 since 1.22). */
const VERSIONS = ['v1', 'v1beta1'];

/** Judges every object of a kind, in these namespaces or, without any, in all; `judge` is handed its name for a sentence. */
async function tell(
  audit: Audit,
  access: AccessName,
  kind: string,
  namespaces: readonly string[],
  judge: (object: TlsSettings, name: string) => void,
): Promise<void> {
  const everywhere = audit.rights.may(access);
  if (!everywhere && namespaces.length === 0) audit.lacks(access);
  const allowed = namespaces.filter((one) => audit.rights.may(access, one));
  for (const one of namespaces) if (!allowed.includes(one)) audit.lacks(access, one);
  try {
    const scopes = everywhere ? [undefined] : allowed;
    const lists = await Promise.all(scopes.map((namespace) => list(audit, access, namespace)));
    for (const object of lists.flat()) {
      const { namespace = '', name = '' } = object.metadata ?? {};
      if (namespaces.length === 0 || namespaces.includes(namespace)) judge(object, `${kind} ${namespace}/${name}`);
    }
  } catch (error) {
    audit.failed(access, `${kind}s were not seen: ${apiMessage(error)}.`);
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
