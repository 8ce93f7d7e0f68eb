import { defined } from '../../../common/defined.ts';
import type { Certificate } from '../../../observations/certificate.ts';
import { GO } from '../readers/go.ts';
import { faultsOfPods, hostFault, servingRemedy } from './control.ts';
import { untilOf } from './ends.ts';
import type { EdgeFault } from './fault.ts';
import { byGravity } from './handshake.ts';
import { keyOf, type Lineage } from './lineage.ts';
import type { Conversation } from './model.ts';
import type { ObservedPlane, ObservedWebhook } from './observation.ts';
import { causes } from './reason.ts';
import { THEN_RESTART } from './remedies.ts';
import type { Scene } from './scene.ts';
import { called, listed, sentence } from './words.ts';

/**
 * The API server as it calls istiods for injection and validation: TLS in which only the server is verified, under the
 * `caBundle` of the webhook configuration (Kubernetes, «Dynamic Admission Control», Contacting the webhook).
 */
export function webhookConversations(scene: Scene): Conversation[] {
  const groups = Map.groupBy(scene.webhooks, ({ plane, roots, problem }) =>
    JSON.stringify([plane, roots && keyOf(roots), problem]),
  );
  return [...groups.values()].flatMap((webhooks) => {
    const [first] = webhooks;
    const plane = scene.planeOf.get(first?.plane ?? '');
    return first === undefined || plane === undefined ? [] : [conversation(webhooks, first.roots, plane, scene)];
  });
}

function conversation(
  webhooks: readonly ObservedWebhook[],
  caBundle: readonly Certificate[] | undefined,
  plane: ObservedPlane,
  scene: Scene,
): Conversation {
  const roots = caBundle ?? [];
  const pods = (scene.replicasOf.get(plane.id) ?? []).flatMap(({ pod, webhook }) =>
    webhook === undefined ? [] : [{ pod, webhook, faults: faultsOf(webhook, roots, plane) }],
  );
  const [seen] = pods;
  // What the API server's system trusts is seen by nobody here.
  const faults = caBundle === undefined ? [] : faultsOfPods(pods);
  const [gravest] = faults.toSorted(byGravity);
  const verdict = gravest?.code ?? (seen === undefined || caBundle === undefined ? 'not-seen' : 'trusted');
  const does = `istiod ${plane.id} by the caBundle of ${listed(webhooks.map(({ name }) => name))}`;
  const unseen =
    caBundle === undefined
      ? 'it has none, so what the API server’s own system trusts counts'
      : 'what it presents there was not seen';
  const reasons = {
    trusted: `the API server accepts ${does}${leadingTo(seen?.webhook)}`,
    'not-seen': `whether the API server accepts ${does} cannot be told: ${unseen}`,
  };
  const refusal = `the API server refuses ${does}: ${causes(faults)}`;
  const paths = pods.map(({ webhook }) => webhook.opinion(roots, { purpose: 'serverAuth', reader: GO }).path);
  return {
    channel: 'webhook',
    from: webhooks.map(({ id }) => id),
    to: [plane.id],
    verdict,
    reason: sentence(verdict === 'trusted' || verdict === 'not-seen' ? reasons[verdict] : refusal),
    ...(verdict === 'trusted' ? defined({ until: untilOf(paths) }) : {}),
    roots: {
      client: roots.map(({ fingerprint }) => fingerprint),
      server: [],
      ...defined({ serverIssuer: seen?.webhook.root?.fingerprint }),
    },
    remedies: [...new Set(faults.map((fault) => remedyFor(fault, webhooks, plane)))],
  };
}

function faultsOf(presented: Lineage, roots: readonly Certificate[], { serverName }: ObservedPlane): EdgeFault[] {
  const { faults } = presented.opinion(roots, { purpose: 'serverAuth', reader: GO });
  const named = hostFault(presented.chain[0], serverName);
  return [...faults, ...(named === undefined ? [] : [named])];
}

const leadingTo = (presented: Lineage | undefined): string =>
  presented?.root === undefined ? '' : `: the presented chain leads to ${called(presented.root)}`;

/** istiod writes its root into the configurations that bear its revision (istio/istio, pkg/webhooks/webhookpatch.go). */
function remedyFor(fault: EdgeFault, webhooks: readonly ObservedWebhook[], plane: ObservedPlane): string {
  if (fault.code === 'unknown-issuer' || fault.code === 'same-subject-other-key') {
    const names = listed(webhooks.map(({ name }) => name));
    const revision = plane.revision === '' ? 'default' : plane.revision;
    return (
      `Have ${plane.id} write its root into the caBundle of ${names}, which it does where that bears the label ` +
      `istio.io/rev=${revision} and nobody else writes there; one that another installation has left behind is to be removed.`
    );
  }
  if (fault.code === 'san-refused') {
    return `Have ${webhooks.map(({ name }) => name).join(', ')} call istiod by a name that its certificate has; ${THEN_RESTART}.`;
  }
  return servingRemedy(fault, plane);
}
