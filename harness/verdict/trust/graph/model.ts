import Type, { type Static } from 'typebox';
import { object, oneOf, text, time } from '../../../common/schema.ts';

const fingerprint = (description = 'SHA-256 over the DER, lower-case hex.') =>
  Type.String({ pattern: '^[0-9a-f]{64}$', description });
const fingerprints = (description: string) => Type.Array(fingerprint(), { description });
const string = (description?: string) => Type.String(description === undefined ? {} : { description });

const NODE_KINDS = ['proxy', 'istiod', 'root', 'intermediate', 'configMap', 'secret', 'webhook'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

const GRAPH_NODE = object({
  id: text(
    'Of a proxy, istiod or webhook configuration as observed, which is its plane’s id for an istiod; of a CA its fingerprint; else with a prefix.',
  ),
  kind: oneOf(NODE_KINDS),
  label: string('What a person calls it: the app of a proxy, the common name of a CA.'),
  namespace: Type.Optional(string()),
  plane: Type.Optional(string('Id of the plane it belongs to, where it belongs to one.')),
  detail: Type.Optional(
    string(
      'gateway or sidecar for a proxy; revision and version for an istiod; the kind of a Secret; mutating or validating for a webhook configuration.',
    ),
  ),
  certificate: Type.Optional(fingerprint('Fingerprint of a CA; of a proxy’s leaf; of an istiod’s serving leaf.')),
  problem: Type.Optional(string('Why it was not seen, or what is wrong with it by itself.')),
});
export type GraphNode = Static<typeof GRAPH_NODE>;

const LINK_KINDS = ['trusts', 'signedBy', 'serves', 'holds'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

const GRAPH_LINK = object({
  from: text(),
  to: text(),
  kind: oneOf(
    LINK_KINDS,
    'trusts: proxy, ConfigMap or webhook configuration to root. signedBy: leaf’s holder or CA to the CA above. serves: istiod to proxy. holds: Secret to its CA.',
  ),
});
export type GraphLink = Static<typeof GRAPH_LINK>;

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
  'agent-bundle-missing',
  'revoked',
  'revocation-unknown',
  'invalid-chain',
  'not-seen',
] as const;
/** `revocation-unknown`: revocation is looked for, and no list tells. `invalid-chain`: any other fault of RFC 5280 path validation; the reason names it. */
export type VerdictCode = (typeof VERDICTS)[number];

export const CHANNELS = ['workload', 'control', 'webhook'] as const;

const CONVERSATION = object({
  channel: oneOf(
    CHANNELS,
    'workload: mutual TLS between proxies. control: an agent to its istiod (TLS, the server is verified). webhook: the API server to an istiod, as a webhook configuration has it.',
  ),
  from: Type.Array(Type.String(), { description: 'Ids of the clients’ nodes.' }),
  to: Type.Array(Type.String(), {
    description: 'Ids of the servers’ nodes; they may be the clients’, of whom nobody talks to itself.',
  }),
  verdict: oneOf(VERDICTS),
  reason: string('A sentence: who refuses whom and why; also for trusted, what it rests on.'),
  until: Type.Optional(time('Of a trusted one: the earliest end of the CAs that it rests on.')),
  roots: object(
    {
      client: fingerprints('What the clients trust.'),
      server: fingerprints('What the servers trust; of proxies alone.'),
      clientIssuer: Type.Optional(
        fingerprint('Where the clients’ own chain leads; of proxies alone, and absent where it leads nowhere known.'),
      ),
      serverIssuer: Type.Optional(fingerprint('Where the servers’ chain leads.')),
    },
    { description: 'Fingerprints of the roots at play.' },
  ),
  remedies: Type.Array(Type.String(), {
    description: 'What would mend it, a sentence each; empty where nothing is broken.',
  }),
});
export type Conversation = Static<typeof CONVERSATION>;

const CERTIFICATE_SUMMARY = object({
  fingerprint: fingerprint(),
  subject: Type.String(),
  issuer: Type.String(),
  notBefore: time(),
  notAfter: time(),
  serial: string('Hex.'),
  key: string('Such as RSA-4096.'),
  isCa: Type.Boolean(),
  names: Type.Array(Type.String(), { description: 'URIs and DNS names.' }),
});
export type CertificateSummary = Static<typeof CERTIFICATE_SUMMARY>;

/** The trust graph as plain data (JSON): what `audit` prints, reports keep and the HTML page draws. */
export const TRUST_GRAPH = object(
  {
    at: time(),
    nodes: Type.Array(GRAPH_NODE),
    links: Type.Array(GRAPH_LINK),
    conversations: Type.Array(CONVERSATION, {
      description:
        'Who may talk to whom, grouped: proxies that hold equivalent certificates talk alike. Broken ones first.',
    }),
    certificates: Type.Array(CERTIFICATE_SUMMARY),
    unseen: Type.Array(Type.String(), { description: 'What could not be seen and why, a sentence each.' }),
    beside: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'What else was not seen though no edge hangs on it, and settings with which proxies do without the TLS that is judged here, a sentence each; absent if nothing.',
      }),
    ),
    atRestart: Type.Optional(
      Type.Array(Type.String(), {
        description: 'What the next restart of an istiod would break or change, a sentence each; absent if nothing.',
      }),
    ),
  },
  {
    description:
      'Proxies, control planes and CAs, and who trusts whom. Certificates are named by fingerprint and listed once.',
  },
);
export type TrustGraph = Static<typeof TRUST_GRAPH>;
