/**
 * The trust graph as plain data (JSON): what `audit` prints, reports keep and the HTML page draws. Certificates are
 * named by fingerprint (SHA-256 over the DER, lower-case hex) and listed once.
 */
export interface TrustGraph {
  /** RFC 3339. */
  at: string;
  nodes: GraphNode[];
  links: GraphLink[];
  /** Who may talk to whom, grouped: proxies that hold equivalent certificates talk alike. Broken ones first. */
  conversations: Conversation[];
  certificates: CertificateSummary[];
  /** What could not be seen and why, a sentence each. */
  unseen: string[];
}

export type NodeKind = 'proxy' | 'istiod' | 'root' | 'intermediate' | 'configMap' | 'secret';

export interface GraphNode {
  /** Of a proxy or istiod as observed, which is its plane's id for an istiod; of a CA its fingerprint; else with a prefix. */
  id: string;
  kind: NodeKind;
  /** What a person calls it: the app of a proxy, the common name of a CA. */
  label: string;
  namespace?: string;
  /** Id of the plane it belongs to, where it belongs to one. */
  plane?: string;
  /** `gateway` or `sidecar` for a proxy; revision and version for an istiod; the kind of a Secret. */
  detail?: string;
  /** Fingerprint of a CA; of a proxy's leaf; of an istiod's serving leaf. */
  certificate?: string;
  /** Why it was not seen, or what is wrong with it by itself. */
  problem?: string;
}

export type LinkKind = 'trusts' | 'signedBy' | 'serves' | 'holds';

/**
 * `trusts`: proxy or ConfigMap to root. `signedBy`: leaf's holder or CA to the CA above. `serves`: istiod to proxy.
 * `holds`: Secret to its CA.
 */
export interface GraphLink {
  from: string;
  to: string;
  kind: LinkKind;
}

export const VERDICTS = [
  'trusted',
  'unknown-issuer',
  'same-subject-other-key',
  'expired',
  'not-yet-valid',
  'trust-domain-differs',
  'san-refused',
  'chain-incomplete',
  'ca-flag-missing',
  'one-way-trust',
  'agent-bundle-differs',
  'invalid-chain',
  'not-seen',
] as const;
/** `invalid-chain`: any other fault of RFC 5280 path validation; the reason names it. */
export type VerdictCode = (typeof VERDICTS)[number];

export interface Conversation {
  /** `workload`: mutual TLS between proxies. `control`: an agent to its istiod (TLS, the server is verified). */
  channel: 'workload' | 'control';
  /** Ids of the clients' nodes. */
  from: string[];
  /** Ids of the servers' nodes; they may be the clients', of whom nobody talks to itself. */
  to: string[];
  verdict: VerdictCode;
  /** A sentence: who refuses whom and why; also for `trusted`, what it rests on. */
  reason: string;
  /** Fingerprints of the roots at play. */
  roots: {
    /** What the clients trust. */
    client: string[];
    /** What the servers trust; empty for `control`. */
    server: string[];
    /** Where the clients' own chain leads; absent for `control` or where it leads nowhere known. */
    clientIssuer?: string;
    /** Where the servers' chain leads. */
    serverIssuer?: string;
  };
  /** What would mend it, a sentence each; empty where nothing is broken. */
  remedies: string[];
}

export interface CertificateSummary {
  fingerprint: string;
  subject: string;
  issuer: string;
  /** RFC 3339. */
  notBefore: string;
  notAfter: string;
  /** Hex. */
  serial: string;
  /** Such as `RSA-4096`. */
  key: string;
  isCa: boolean;
  /** URIs and DNS names. */
  names: string[];
}
