import type { AuthoritySecret } from '../../../observations/istio.ts';
import type { SeenCertificates } from '../../../observations/proxy.ts';
import type { RevocationList } from '../../../observations/revocation-list.ts';
import type { Certificate } from '../../../observations/certificate.ts';

/**
 * What was observed of a cluster's trust at one moment, whoever observed it. Public parts only. The judge,
 * {@link trustGraph}, takes nothing else.
 */
export interface Observation {
  /** When the look ended, by the cluster's clock; what is not a proxy's is judged at this instant. */
  at: Date;
  planes: ObservedPlane[];
  proxies: ObservedProxy[];
  bundles: ObservedBundle[];
  authorities: ObservedAuthority[];
  webhooks: ObservedWebhook[];
  /** What could not be seen and why, a sentence each: an edge may be hidden there. */
  unseen: string[];
  /** What else was not seen, and settings with which proxies do without the TLS that is judged here; a sentence each. */
  beside: string[];
}

/** One control plane: an istiod deployment. */
export interface ObservedPlane {
  /** `namespace/deployment`, for instance `istio-system/istiod`. */
  id: string;
  namespace: string;
  /** Empty for the plane without a revision. */
  revision: string;
  version: string | undefined;
  /** Undefined if its mesh configuration was not seen. */
  trustDomain: string | undefined;
  trustDomainAliases: string[];
  /**
   * Trust domains whose clients its proxies let in besides those (`caCertificates[].trustDomains`), or all
   * (`PILOT_SKIP_VALIDATE_TRUST_DOMAIN`); as clients they go by trust domain and aliases alone.
   */
  alsoAdmits: string[] | 'all';
  /** DNS name by which its agents call it, for instance `istiod.istio-system.svc`. */
  serverName: string;
  /** What it presents on its xDS port, leaf first, by the first of its pods that could be asked; undefined if not seen. */
  serving: Certificate[] | undefined;
  /** What each pod of it presents that is Ready and could be asked, on either port. */
  replicas: ObservedReplica[];
  /** It issues certificates by itself, from `cacerts` where there is such a Secret. */
  issues: boolean;
  /** It keeps its self-signed CA in `cacerts` where no other is plugged in (USE_CACERTS_FOR_SELF_SIGNED_CA). */
  keepsOwnCacerts: boolean;
  /** Name of the ConfigMap with its root that its workloads mount. */
  rootMapName: string;
}

/** One pod of an istiod. */
export interface ObservedReplica {
  pod: string;
  /** What it presents to agents, leaf first; undefined if that was not seen. */
  serving: Certificate[] | undefined;
  /** What it presents to the API server; undefined if nobody calls it or it was not seen. */
  webhook: Certificate[] | undefined;
}

/** An admission webhook configuration that has the API server call an istiod; one for each `caBundle` in it. */
export interface ObservedWebhook {
  /** `MutatingWebhookConfiguration/istio-sidecar-injector`. */
  id: string;
  name: string;
  kind: 'mutating' | 'validating';
  /** Id of the plane whose Service it names: that of {@link ObservedPlane.serverName}. */
  plane: string;
  /** What the API server trusts: its `caBundle`; undefined where it has none, and what the API server's system trusts counts. */
  roots: Certificate[] | undefined;
  /** What of its `caBundle` is no certificate. */
  problem: string | undefined;
}

/** How a proxy looks for revocation. */
export interface ObservedRevocation {
  /** Where its lists are from, for a sentence. */
  from: string;
  /** Undefined if they could not be read. */
  lists: readonly RevocationList[] | undefined;
}

export interface ObservedProxy extends SeenCertificates {
  /** `namespace/pod`. */
  id: string;
  namespace: string;
  name: string;
  app: string;
  kind: 'gateway' | 'sidecar' | 'waypoint';
  /** Whether other proxies call it by mutual TLS: all but gateways that only let in who is outside. */
  serves: boolean;
  serviceAccount: string;
  /** Id of the plane that serves it; undefined if that could not be told. */
  plane: string | undefined;
  /** Host name of the CA that its certificates are from, where that is not its istiod. */
  externalCa: string | undefined;
  version: string | undefined;
  /** `admin`: Envoy's own word. `handshake`: what it presents on its port, `roots` are then its bundle's. */
  seenBy: 'admin' | 'handshake' | 'none';
  /** When it was looked at, by the cluster's clock: the instant at which it is judged. */
  seenAt: Date;
  /** Why it was not seen, or not wholly. */
  problem: string | undefined;
  /** With a SPIFFE validator: what it trusts by the peer's trust domain; {@link roots} are then those of all. */
  rootsByDomain: ReadonlyMap<string, readonly Certificate[]> | undefined;
  /** Undefined: it does not look for revocation. */
  revocation: ObservedRevocation | undefined;
  /** Id of the root ConfigMap it mounts: its agent's bundle for the connection to istiod. */
  bundle: string | undefined;
}

/** A ConfigMap with a root. */
export interface ObservedBundle {
  /** `namespace/name`. */
  id: string;
  certificates: Certificate[];
  problem: string | undefined;
  /** It was looked for, and there is nothing in it: not that it could not be read. */
  isEmpty: boolean;
}

/** A Secret with a plane's CA or serving certificate; its key is neither read nor kept. */
export interface ObservedAuthority {
  /** `namespace/name`. */
  id: string;
  kind: AuthoritySecret;
  /** Id of the plane whose namespace it is in. */
  plane: string | undefined;
  /** Whose file names it has: Istio's, or those of a Secret of type kubernetes.io/tls. */
  form: 'istio' | 'tls';
  /** istiod keeps a CA of its own making in it: nobody has plugged it in. */
  isSelfMade: boolean;
  /** What writes it, such as `cert-manager's Certificate istio-ca`; undefined if that is not told. */
  keeper: string | undefined;
  /** The certificate first, then what comes with it. */
  chain: Certificate[];
  /** `root-cert.pem` or `ca.crt`. */
  roots: Certificate[];
  /** For instance: which files are missing. */
  problem: string | undefined;
}
