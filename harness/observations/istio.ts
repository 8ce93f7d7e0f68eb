// What Istio itself calls things (istio/istio, «Resource Labels», «Resource Annotations», «Ports used by Istio», «Plug in CA
// Certificates»), spelled here and nowhere else; what goes by another name in a lab stands in its Distribution.

/** Port of the admin interface of every Envoy that Istio starts. */
export const ADMIN_PORT = 15000;
/** Port on which istiod serves agents, with TLS. */
export const XDS_PORT = 15012;
/** Port on which istiod serves the API server's webhook calls, with TLS. */
export const WEBHOOK_PORT = 15017;
/** Port of istiod's metrics and debug pages, in plaintext. */
export const MONITORING_PORT = 15014;

/** Container of a proxy, whatever pod it is in. */
export const ISTIO_PROXY = 'istio-proxy';
/** Container of istiod. */
export const DISCOVERY = 'discovery';

/** What every istiod's pods and deployment are labelled with, whoever installed it; `app` is the key. */
export const ISTIOD_APP = 'istiod';
export const ISTIOD_SELECTOR = `app=${ISTIOD_APP}`;

/** Names the plane that serves an object, a namespace or a workload; `default` for the one without a revision. */
export const REVISION_LABEL = 'istio.io/rev';
/** On a pod: whether it wants a sidecar. */
export const INJECT_LABEL = 'sidecar.istio.io/inject';
/** On a namespace: whether its pods want sidecars of the plane without a revision. */
export const NAMESPACE_INJECTION_LABEL = 'istio-injection';
/** Istio's deployment controller puts it on the pods that it deploys for a Gateway. */
export const GATEWAY_LABEL = 'gateway.networking.k8s.io/gateway-name';
/** On gateways put up by hand. */
export const OWN_GATEWAY_LABEL = 'istio.io/gateway-name';

/** Secrets of a plane's namespace: the CA plugged in, the one istiod has made for itself, what it serves with. */
export const AUTHORITY_SECRETS = ['cacerts', 'istio-ca-secret', 'istiod-tls'] as const;
export type AuthoritySecret = (typeof AUTHORITY_SECRETS)[number];
export const [CACERTS, ISTIO_CA_SECRET, ISTIOD_TLS] = AUTHORITY_SECRETS;

/**
 * Type of a Secret in which istiod keeps a CA of its own making, whatever its name: with USE_CACERTS_FOR_SELF_SIGNED_CA that is
 * `cacerts` (istio/istio, security/pkg/pki/ca/ca.go, BuildSecret).
 */
export const SELF_SIGNED_TYPE = 'istio.io/ca-root';

/** Key, with an empty value, that istiod puts into a `cacerts` of its own making (there, ca.go, IstioGenerated). */
export const ISTIO_GENERATED = 'istio-generated';

/** istiod's program, which is also the name that it writes objects under (`managedFields`). */
export const ISTIOD_PROGRAM = 'pilot-discovery';

/** Files of a CA's Secret in Istio's own form. */
export const CA_FILES = {
  certificate: 'ca-cert.pem',
  key: 'ca-key.pem',
  /** The certificate and what is above it, without the root. */
  chain: 'cert-chain.pem',
  /** Also the one file of a root ConfigMap. */
  root: 'root-cert.pem',
} as const;
/** Revocation lists beside a CA's files, and the one file of the ConfigMap that pods have them from (Istio 1.27 and later). */
export const CRL_FILE = 'ca-crl.pem';
export const LIST_MAP = 'istio-ca-crl';

/** The same in the form of a Secret of type kubernetes.io/tls, which needs no chain. */
export const TLS_FILES = { certificate: 'tls.crt', key: 'tls.key', root: 'ca.crt' } as const;

/** ConfigMap with a plane's root in every namespace, unless the plane was given another name. */
export const ROOT_MAP = 'istio-ca-root-cert';
