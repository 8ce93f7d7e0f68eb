import { defined } from '../../../common/defined.ts';
import { untilOf } from './ends.ts';
import { judgeHandshake } from './handshake.ts';
import type { Conversation } from './model.ts';
import { partiesOf, type Party } from './party.ts';
import { reasonFor } from './reason.ts';
import { workloadRemedies } from './remedies.ts';
import type { Scene } from './scene.ts';

/**
 * Mutual TLS between proxies. Every proxy may call every sidecar, waypoint and gateway for what is inside the mesh but
 * itself. Other gateways are nobody's servers here: what they serve are clients outside, whose trust is not observed.
 */
export function workloadConversations(scene: Scene): Conversation[] {
  const parties = partiesOf(scene);
  const conversations: Conversation[] = [];
  for (const client of parties) {
    for (const server of parties) {
      const alone = client === server && client.members.length === 1;
      if (server.serves && !alone) conversations.push(between(client, server));
    }
  }
  return conversations;
}

function between(client: Party, server: Party): Conversation {
  const judged = judgeHandshake(client, server);
  const fingerprints = (roots: Party['roots']) => (roots ?? []).map(({ fingerprint }) => fingerprint);
  const [clientIssuer, serverIssuer] = [client.lineage?.root?.fingerprint, server.lineage?.root?.fingerprint];
  return {
    channel: 'workload',
    from: client.members.map(({ id }) => id),
    to: server.members.map(({ id }) => id),
    verdict: judged.verdict,
    reason: reasonFor(judged),
    ...(judged.verdict === 'trusted' ? defined({ until: untilOf([judged.client.path, judged.server.path]) }) : {}),
    roots: {
      client: fingerprints(client.roots),
      server: fingerprints(server.roots),
      ...defined({ clientIssuer, serverIssuer }),
    },
    remedies: workloadRemedies(judged),
  };
}
