import type { V1Deployment } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { DISCOVERY, REVISION_LABEL, ROOT_MAP } from '../observations/istio.ts';
import type { ObservedPlane } from '../verdict/trust/graph/observation.ts';
import { environmentOf, type ProxyPod, versionOf } from './proxy-pods.ts';

/** A control plane by its deployment. */
export interface PlaneDeployment extends Omit<ObservedPlane, 'serving' | 'replicas' | keyof TrustDomains> {
  /** Selects its pods. */
  selector: string;
  /** It is told not to look at clients' trust domains (PILOT_SKIP_VALIDATE_TRUST_DOMAIN). */
  admitsAll: boolean;
  /** The Kubernetes signer that it has certificates issued by (EXTERNAL_CA, PILOT_CERT_PROVIDER); undefined if none. */
  signer: string | undefined;
  /** The ConfigMap with its mesh configuration (istiod's getMeshConfigMapName). */
  meshMap: string;
}

export function planeDeployment({ metadata, spec }: V1Deployment): PlaneDeployment {
  const { namespace = '', name = '', labels = {} } = metadata ?? {};
  const containers = spec?.template.spec?.containers ?? [];
  const istiod = containers.find((container) => container.name === DISCOVERY) ?? containers[0];
  const environment = istiod === undefined ? {} : environmentOf(istiod);
  const label = labels[REVISION_LABEL] ?? environment['REVISION'] ?? '';
  const revision = label === 'default' ? '' : label;
  const provider = environment['PILOT_CERT_PROVIDER'] ?? '';
  const signer = (environment['EXTERNAL_CA'] ?? '') !== '' && provider.startsWith('k8s.io/') ? provider : undefined;
  return {
    id: `${namespace}/${name}`,
    namespace,
    revision,
    // The label is the chart's version, which a build from source does not set; an image may be named by its digest.
    version: versionOf(istiod?.image) ?? labels['app.kubernetes.io/version']?.replace(/^v/, ''),
    // Service and deployment have one name in every chart: istiod, or istiod-<revision>.
    serverName: `${name}.${namespace}.svc`,
    // Helm: global.trustBundleName.
    rootMapName: environment['PILOT_CA_CERT_CONFIGMAP'] ?? ROOT_MAP,
    selector: Object.entries(spec?.selector.matchLabels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    issues: signer === undefined && isOn(environment['ENABLE_CA_SERVER'] ?? 'true'),
    signer,
    keepsOwnCacerts: isOn(environment['USE_CACERTS_FOR_SELF_SIGNED_CA']),
    admitsAll: isOn(environment['PILOT_SKIP_VALIDATE_TRUST_DOMAIN']),
    meshMap: revision === '' ? 'istio' : `istio-${revision}`,
  };
}

/** As Go reads such a variable (strconv.ParseBool). */
const isOn = (value: string | undefined): boolean => ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value ?? '');

export type TrustDomains = Pick<ObservedPlane, 'trustDomain' | 'trustDomainAliases' | 'alsoAdmits'>;

/** What is known of them where the mesh configuration is not. */
export const UNKNOWN_DOMAINS: TrustDomains = { trustDomain: undefined, trustDomainAliases: [], alsoAdmits: [] };

interface MeshConfig {
  enableAutoMtls?: boolean;
  trustDomain?: string;
  trustDomainAliases?: string[];
  caCertificates?: { trustDomains?: string[] }[];
}

const meshOf = (meshConfig: string) => (parse(meshConfig) ?? {}) as MeshConfig;

/** Whether clients use mutual TLS with whoever has a sidecar (istio.mesh.v1alpha1, MeshConfig, enable_auto_mtls). */
export const hasAutoMtls = (meshConfig: string): boolean => meshOf(meshConfig).enableAutoMtls !== false;

/** Trust domains of a mesh configuration (YAML); Istio's defaults where it says nothing. */
export function trustDomains(meshConfig: string): TrustDomains {
  const mesh = meshOf(meshConfig);
  return {
    trustDomain: mesh.trustDomain ?? 'cluster.local',
    trustDomainAliases: mesh.trustDomainAliases ?? [],
    alsoAdmits: (mesh.caCertificates ?? []).flatMap((one) => one.trustDomains ?? []),
  };
}

/**
 * The plane that serves a proxy: the one it calls, else the only one of its revision. With an external CA the address
 * leads elsewhere, with an external istiod nowhere in this cluster.
 */
export function planeOf(
  { istiod, revision }: Pick<ProxyPod, 'istiod' | 'revision'>,
  planes: readonly PlaneDeployment[],
): PlaneDeployment | undefined {
  // A cluster's domain may follow: istiod.istio-system.svc.cluster.local.
  const called = planes.find(({ serverName }) => istiod === serverName || istiod?.startsWith(`${serverName}.`));
  if (called !== undefined) return called;
  const [only, ...more] = planes.filter((plane) => plane.revision === revision);
  return more.length === 0 ? only : undefined;
}
