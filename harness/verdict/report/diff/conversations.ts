import { isBroken } from '../../trust/graph/graph.ts';
import type { Conversation, TrustGraph } from '../../trust/graph/model.ts';
import type { Change, ChangeKind } from './model.ts';
import { listNames, workloadOf } from './workloads.ts';

/** What one workload meets when it calls another, or its agent when it calls istiod. */
interface Call extends Pick<Conversation, 'channel' | 'verdict' | 'reason'> {
  from: string;
  to: string;
}

interface Turn {
  was: Call;
  is: Call;
}

/**
 * Calls between workloads that both graphs have and judge differently, from → to. Graphs group pods by what these hold,
 * so groups are taken apart into pairs of workloads, compared, and those that changed alike put together again; of
 * several verdicts on one pair the worst counts.
 */
export function compareConversations(title: string, old: TrustGraph, now: TrustGraph): Change[] {
  const [before, after] = [callsOf(old), callsOf(now)];
  const passedOver = isContested(old) && isContested(now);
  const turns = [...after].flatMap(([key, is]): Turn[] => {
    const was = before.get(key);
    if (was === undefined || was.verdict === is.verdict) return [];
    return passedOver && is.channel === 'control' ? [] : [{ was, is }];
  });
  const alike = Map.groupBy(turns, ({ was, is }) => JSON.stringify([is.channel, was.verdict, is.verdict]));
  return [...alike.values()].flatMap((group) => bySender(group).flatMap((calls) => changeOf(title, calls)));
}

/**
 * Two planes under different roots write root ConfigMaps of one name, so each overwrites the other's without end: which
 * root an agent reads there, and so whether it accepts its istiod, is a matter of the moment.
 */
export function isContested({ nodes, conversations }: TrustGraph): boolean {
  const maps = new Set(nodes.filter(({ kind }) => kind === 'configMap').map(({ label }) => label));
  const planes = nodes.filter(({ kind }) => kind === 'istiod');
  const control = conversations.filter(({ channel }) => channel === 'control');
  const roots = new Set(control.flatMap((one) => one.roots.serverIssuer ?? []));
  return maps.size > 0 && maps.size < planes.length && roots.size > 1;
}

function callsOf({ conversations }: TrustGraph): Map<string, Call> {
  const calls = new Map<string, Call>();
  for (const { channel, from, to, verdict, reason } of conversations) {
    // Only proxies are pods, whose names are new with each start.
    for (const client of new Set(from.map(channel === 'webhook' ? (id) => id : workloadOf))) {
      for (const server of new Set(to.map(channel === 'workload' ? workloadOf : (id) => id))) {
        const call = { channel, from: client, to: server, verdict, reason };
        const key = JSON.stringify([channel, client, server]);
        const known = calls.get(key);
        if (known === undefined || gravity(call) > gravity(known)) calls.set(key, call);
      }
    }
  }
  return calls;
}

/** Sorts as text: what is broken after what was not seen, after what is trusted; among the broken any order that lasts. */
const gravity = (call: Call): string => `${isBroken(call) ? 2 : call.verdict === 'not-seen' ? 1 : 0} ${call.verdict}`;

/** Those with the same servers together: `a and b → c and d` for all four pairs. */
function bySender(turns: readonly Turn[]): Turn[][] {
  const senders = [...Map.groupBy(turns, ({ is }) => is.from).values()];
  const servers = (group: readonly Turn[]) => listNames(group.map(({ is }) => is.to));
  return [...Map.groupBy(senders, servers).values()].map((groups) => groups.flat());
}

function changeOf(title: string, turns: readonly Turn[]): Change[] {
  const [first] = turns;
  if (first === undefined) return [];
  const { was, is } = first;
  const clients = `${is.channel === 'control' ? 'agents of ' : ''}${listNames(turns.map(({ is }) => is.from))}`;
  const what = `${title}: ${clients} → ${listNames(turns.map(({ is }) => is.to))}`;
  const change: Change = { kind: kindOf(was, is), what, old: was.verdict, new: is.verdict };
  return [is.verdict === 'trusted' ? change : { ...change, reason: is.reason }];
}

function kindOf(was: Call, is: Call): ChangeKind {
  if (was.verdict === 'trusted' && isBroken(is)) return 'newlyBroken';
  return is.verdict === 'trusted' && isBroken(was) ? 'newlyTrusted' : 'judgedOtherwise';
}
