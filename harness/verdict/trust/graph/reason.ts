import type { EdgeFault } from './fault.ts';
import type { Handshake, Side } from './handshake.ts';
import type { Party } from './party.ts';
import { earlyEnd } from './ends.ts';
import { called, type Named, sentence, verb } from './words.ts';

/** Says who refuses whom and why, or what trust rests on; the client first, since it judges first. */
export function reasonFor(handshake: Handshake): string {
  const { client, server } = handshake;
  const clauses = client.by === server.by ? amongThemselves(handshake) : betweenTwo(handshake);
  return [...new Set([...clauses, ...client.by.restsOn, ...server.by.restsOn])].map(sentence).join(' ');
}

/** The faults as one clause, each once. */
export const causes = (faults: readonly EdgeFault[]): string => [...new Set(faults.map(({ says }) => says))].join('; ');

function betweenTwo({ verdict, client, server }: Handshake): string[] {
  const both = `${client.by.name} and ${server.by.name} accept each other`;
  const early = earlyEnd([client.path, server.path]) ?? [];
  if (verdict === 'trusted') return [both + restingOn(client, server)].concat(early);
  const refusals = [client, server].filter(({ outcome }) => outcome === 'refuses');
  const others = [client, server].filter(({ outcome }) => outcome !== 'refuses');
  return [
    ...refusals.map(({ by, of, faults }, index) => {
      const says = `${by.name} ${verb(by, 'refuse')} ${of.name}${index > 0 ? ' as well' : ''}`;
      return `${says}: ${causes(faults)}`;
    }),
    ...others.map((side) => {
      const { by, of, outcome } = side;
      if (outcome === 'unseen')
        return `whether ${by.name} ${verb(by, 'accept')} ${of.name} cannot be told: ${unseen(side)}`;
      return `${refusals.length > 0 ? 'the other way round, ' : ''}${by.name} ${verb(by, 'accept')} ${of.name}`;
    }),
  ];
}

/** Proxies that are both clients and servers; each end says the same. */
function amongThemselves({ verdict, client, server }: Handshake): string[] {
  const pods = client.by.plural ? client.by.name : `the pods of ${client.by.name}`;
  const early = earlyEnd([client.path]) ?? [];
  if (verdict === 'trusted') return [`${pods} accept each other${restingOn(client, server)}`].concat(early);
  const faults = [...client.faults, ...server.faults];
  if (faults.length > 0) return [`${pods} refuse each other: ${causes(faults)}`];
  return [`whether ${pods} accept each other cannot be told: ${unseen(client)}`];
}

function restingOn(client: Side, server: Side): string {
  if (client.anchor === undefined || server.anchor === undefined) return '';
  const [ofServers, ofClients] = [called(client.anchor), called(server.anchor)];
  if (ofServers === ofClients) return `: both chains lead to ${ofServers}, which both trust`;
  const [clients, servers] = [client.by, server.by];
  return (
    `: the chain of ${servers.name} leads to ${ofServers}, which ${clients.name} ${verb(clients, 'trust')}; ` +
    `that of ${clients.name} to ${ofClients}, which ${servers.name} ${verb(servers, 'trust')}`
  );
}

function unseen({ by, of }: Side): string {
  const missing: string[] = [];
  if (by.roots === undefined) missing.push(notSeen(by, 'trust'));
  if (of.lineage === undefined) missing.push(notSeen(of, 'present'));
  if (by.accepts === undefined) missing.push(`the trust domain of ${by.name} is not known`);
  if (by.trustFrom !== undefined && by.trustFrom !== 'Envoy') {
    missing.push(`what ${by.name} ${verb(by, 'hold')} may be older than the root ConfigMap, and Envoy was not asked`);
  }
  if (by.revocation !== undefined && by.revocation.lists === undefined) {
    missing.push(`${by.name} ${verb(by, 'look')} for revocation in ${by.revocation.from}, which could not be read`);
  }
  return missing.join('; ');
}

function notSeen(party: Party & Named, what: 'trust' | 'present'): string {
  const problem = party.members.find((member) => member.problem !== undefined)?.problem;
  const why = problem === undefined ? '' : ` (${problem.replace(/\.$/, '')})`;
  return `what ${party.name} ${verb(party, what)} was not seen${why}`;
}
