import { ENVOY } from '../readers/envoy.ts';
import type { Certificate } from '../../../observations/certificate.ts';
import type { EdgeFault } from './fault.ts';
import { clientNameFault, serverNameFault } from './identity.ts';
import type { VerdictCode } from './model.ts';
import type { Party } from './party.ts';

/** What one end of a mutual handshake makes of the other. */
export interface Side {
  /** Who verifies. */
  readonly by: Party;
  readonly of: Party;
  /** `unseen`: nothing speaks against it, but not everything that could was seen. */
  readonly outcome: 'accepts' | 'refuses' | 'unseen';
  readonly faults: readonly EdgeFault[];
  /** Whether the chain leads to a trusted root, whatever else is wrong; undefined if chain or roots were not seen. */
  readonly linked: boolean | undefined;
  /** The trusted certificate an accepted chain leads to. */
  readonly anchor: Certificate | undefined;
  /** Leaf to anchor of an accepted chain; empty for another. */
  readonly path: readonly Certificate[];
}

/** A mutual handshake as its two ends see it; in TLS 1.3 the client judges first. */
export interface Handshake {
  readonly verdict: VerdictCode;
  readonly client: Side;
  readonly server: Side;
}

/** Judges both directions of a connection between two proxies. */
export function judgeHandshake(client: Party, server: Party): Handshake {
  const sides = { client: side(client, server, 'serverAuth'), server: side(server, client, 'clientAuth') };
  return { verdict: verdictOn(sides.client, sides.server), ...sides };
}

function side(by: Party, of: Party, purpose: 'serverAuth' | 'clientAuth'): Side {
  const roots = by.rootsFor(of.identity.claimed);
  const lists = by.revocation?.lists;
  const [opinion, name] = [
    roots && of.lineage?.opinion(roots, { purpose, reader: ENVOY, lists }),
    // A chain without a leaf has no name either; once is enough.
    of.lineage && of.lineage.chain.length > 0 ? nameFault(by, of, purpose) : undefined,
  ];
  const faults = [...(opinion?.faults ?? []), ...(name === undefined ? [] : [name])];
  const isWhole = by.trustFrom === 'Envoy' && (by.revocation === undefined || lists !== undefined);
  const seen = opinion !== undefined && by.accepts !== undefined && isWhole;
  const outcome = faults.length > 0 ? 'refuses' : seen ? 'accepts' : 'unseen';
  const linked = opinion && !opinion.faults.some(({ code }) => ROOTLESS.includes(code));
  return { by, of, outcome, faults, linked, anchor: opinion?.anchor, path: opinion?.path ?? [] };
}

function nameFault(by: Party, of: Party, purpose: 'serverAuth' | 'clientAuth'): EdgeFault | undefined {
  if (purpose === 'serverAuth') return by.accepts && serverNameFault(of.identity, by.accepts);
  return by.admits && clientNameFault(of.identity, by.admits);
}

const ROOTLESS: readonly VerdictCode[] = ['unknown-issuer', 'same-subject-other-key', 'chain-incomplete'];

/**
 * Of several faults the one that is told is that which the others' remedies leave in place: first that a chain leads to
 * no trusted root, then what has to be issued again, then what time mends, then names.
 */
const PRECEDENCE: readonly VerdictCode[] = [
  ...ROOTLESS,
  'agent-bundle-differs',
  'agent-bundle-missing',
  'ca-flag-missing',
  'invalid-chain',
  'revoked',
  'revocation-unknown',
  'expired',
  'not-yet-valid',
  'trust-domain-differs',
  'san-refused',
];

/** Sorts the gravest fault first. */
export const byGravity = (a: EdgeFault, b: EdgeFault): number =>
  PRECEDENCE.indexOf(a.code) - PRECEDENCE.indexOf(b.code);

function verdictOn(client: Side, server: Side): VerdictCode {
  const code = [...client.faults, ...server.faults].sort(byGravity)[0]?.code;
  if (code === undefined) return client.outcome === 'accepts' && server.outcome === 'accepts' ? 'trusted' : 'not-seen';
  const oneWay = client.linked === true || server.linked === true;
  return code === 'unknown-issuer' && oneWay ? 'one-way-trust' : code;
}
