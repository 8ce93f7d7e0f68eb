import type { KubernetesObject } from '@kubernetes/client-node';
import { foreignMeshes, foreignPods, planAround, pluggedIn, unreadable } from '../../cluster/conflicts.ts';
import { foreignGateways, servedByOthers } from '../../cluster/neighbours.ts';
import { missingRights } from '../../cluster/preflight.ts';
import { environmentFailure } from '../../common/errors.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { identityOf, type Inventory } from '../../cluster/kube/inventory.ts';
import { CACERTS, ISTIOD_APP, ISTIOD_PROGRAM, LIST_MAP } from '../../observations/istio.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { allAddOns } from './add-ons.ts';
import type { Distribution } from './distribution.ts';
import type { Remains } from './lab-cluster.ts';
import type { IstioParts } from './installers/installer.ts';
import { isOthers } from './installers/installers.ts';
import { istiodOf } from './lab.ts';

/** The planes of a lab, and who installs each. */
interface Planes {
  distribution: Distribution;
  istio: Record<PlaneName, IstioParts>;
}

/** The planes that somebody else has installed. */
const planesOfOthers = ({ istio }: Planes): PlaneName[] => PLANES.filter((plane) => isOthers(istio[plane]));

const namespacesOfOthers = (plan: Planes): ReadonlySet<string> =>
  new Set(planesOfOthers(plan).map((plane) => plan.distribution.planes[plane].namespace));

/** What a lab uses as it is where it is there already: with a plane of others come its namespace and what it works by. */
function isSharedIn(plan: Planes): (object: KubernetesObject) => boolean {
  const theirs = planesOfOthers(plan);
  const kinds = [
    'CustomResourceDefinition',
    ...(theirs.includes('gateway') ? ['GatewayClass'] : []),
    ...(theirs.includes('mesh') ? ['PeerAuthentication'] : []),
  ];
  return ({ kind = '', metadata }) =>
    kinds.includes(kind) || (kind === 'Namespace' && namespacesOfOthers(plan).has(metadata?.name ?? ''));
}

/**
 * The identities of what a lab uses as it is. Fails, exit code 3 and nothing changed, where a cluster of somebody's has no
 * room for what is going to be made, now or later, or where that cannot be known.
 */
export async function assertRoom(
  kube: Kube,
  plan: Planes & { later: (signal: AbortSignal) => Promise<KubernetesObject[]> },
  before: Inventory,
  wanted: readonly KubernetesObject[],
  signal: AbortSignal,
): Promise<string[]> {
  const theirs = namespacesOfOthers(plan);
  const later = await plan.later(signal);
  const [now, then] = [planAround(before, wanted, isSharedIn(plan)), planAround(before, later)];
  const troubles = [
    ...unreadable(before, [...wanted, ...later]),
    ...foreignMeshes(before, theirs),
    ...foreignPods(before),
    ...(await foreignGateways(kube, before, [...ISTIO_CLASSES, plan.distribution.gatewayClass.name])),
    ...(await servedByOthers(
      kube,
      planesOfOthers(plan).map((plane) => istiodOf(plan.distribution.planes[plane])),
    )),
    ...pluggedIn(before, theirs),
    ...now.conflicts,
    ...then.conflicts,
    ...(await missingRights(kube)).map((right) => `this user may not ${right}`),
  ];
  if (troubles.length === 0) return [...now.shared, ...then.shared];
  throw environmentFailure(`The cluster ${kube.server} has no room for a lab, and nothing was changed in it.`, {
    next: 'Take another cluster, or give planes and GatewayClass other names (planes.X.namespace, gatewayClass.name), or choose claims that need less (--only).',
    evidence: [...new Set(troubles)].join('\n'),
  });
}

/** GatewayClasses that any istiod makes, and serves, by itself (Istio, pilot/pkg/config/kube/gateway). */
const ISTIO_CLASSES = ['istio', 'istio-remote', 'istio-waypoint', 'istio-east-west'];

/** What is to be seen to after the lab in a cluster of somebody's, beside what it is made of. */
export function remainsOf(plan: Planes): Remains {
  const { planes, rootMaps } = plan.distribution;
  const theirs = planesOfOthers(plan);
  const ours = PLANES.filter((plane) => !theirs.includes(plane));
  const mapsOf = (some: readonly PlaneName[]) => some.map((plane) => rootMaps[plane].name);
  const except = theirs.map((plane) => planes[plane].namespace);
  const istiod = { manager: ISTIOD_PROGRAM, unless: { app: ISTIOD_APP }, except };
  const written = (some: readonly PlaneName[]) => (some.length === 0 ? [] : [...mapsOf(some), LIST_MAP]);
  const maps = [...new Set(written(ours))].filter((name) => !written(theirs).includes(name));
  const classes = ours.length === 0 ? [] : ISTIO_CLASSES;
  return {
    leftovers: [
      ...maps.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, ...istiod })),
      ...classes.map((name) => ({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', name, ...istiod })),
      ...allAddOns().flatMap(({ namespace, leases }) =>
        leases.map((name) => ({
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          namespace: 'kube-system',
          name,
          after: `Namespace ${namespace}`,
        })),
      ),
    ],
    // istiod goes on with the CA that it has read until it restarts.
    restarts: theirs.map((plane) => ({
      ...istiodOf(planes[plane]),
      after: identityOf({ apiVersion: 'v1', kind: 'Secret', name: CACERTS, namespace: planes[plane].namespace }),
    })),
  };
}
