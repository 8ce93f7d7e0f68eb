import { type ClaimContext, NotSupported } from '../../harness/run/claims/claim.ts';
import { type Lab, MESH_NAMESPACES } from '../../harness/lab/mesh/lab.ts';
import { cacerts, encode, plugIn } from '../../harness/lab/remedies/manual.ts';
import { readVersion } from '../../harness/lab/probe/versions.ts';
import { restartIstiods, restartWorkloads } from '../../harness/lab/remedies/restart.ts';
import { eventually } from '../../harness/common/retry.ts';
import { CRL_FILE, LIST_MAP } from '../../harness/observations/istio.ts';
import { PLANES, type PlaneName } from '../../harness/observations/planes.ts';
import { type Authority, issueRevocationList } from '../../harness/verdict/trust/issue.ts';
import { splitBaseline } from './baseline.ts';
import { proxyOf } from './checks.ts';
import { assertSettable, setOnIstiod, settingsOf } from './istiod-settings.ts';
import { sharedHierarchy } from './plug-in.ts';
import { sabotaged } from './sabotaged.ts';

type Hierarchy = Record<'root' | PlaneName, Authority>;

/** Which CAs have lists in the mesh plane's Secret, and whom the root's revokes. */
export interface Lists {
  of: readonly (keyof Hierarchy)[];
  revoked?: PlaneName;
}

/** What the claims of one file share: a lab that was joined for them is the split again after the last one. */
let standing: { hierarchy: Hierarchy; takeBack: (() => Promise<void>) | undefined } | undefined;

/**
 * Both planes under one root, with such lists in the mesh plane's `cacerts` and none in the gateway plane's, and all
 * certificates new. The gateway plane writes no lists, as on OpenShift 4.23, unless both are to.
 */
export async function withLists(
  context: ClaimContext,
  lists: Lists,
  writers: 'mesh' | 'both' = 'mesh',
): Promise<{ hierarchy: Hierarchy; text: string }> {
  const { lab } = context;
  await assertLists(lab, writers);
  standing ??= await join(context);
  const { hierarchy } = standing;
  if (writers === 'mesh') standing.takeBack ??= await setOnIstiod(lab, 'gateway', NO_LISTS);
  const text = await textOf(lists, hierarchy);
  await giveLists(lab, hierarchy, text);
  const root = hierarchy.root.certificate.pem;
  await restartIstiods(lab, root);
  // In a fight nobody knows what a pod that starts would mount.
  if (writers === 'both') return { hierarchy, text };
  // An istiod that starts writes nothing at first, and Envoy holds what it has found when its pod started.
  await Promise.all(MESH_NAMESPACES.map((namespace) => listsArrive(lab, namespace, text)));
  await Promise.all(PLANES.map((plane) => restartWorkloads(lab, plane)));
  return { hierarchy, text };
}

/** As OpenShift 4.23 and later have it. */
const NO_LISTS = { PILOT_ENABLE_CA_CRL: 'false' };
/** The first minor release of Istio 1 that writes lists (its change notes). */
const FIRST = 27;

/** @throws NotSupported where there are no lists to be written by whom it is about. */
async function assertLists(lab: Lab, writers: 'mesh' | 'both'): Promise<void> {
  if (writers === 'mesh') await assertSettable(lab, 'gateway', NO_LISTS);
  for (const plane of writers === 'mesh' ? (['mesh'] as const) : PLANES) {
    const { istio } = await readVersion(lab.kube, await proxyOf(lab, SERVED[plane]));
    const minor = Number(/^1\.(\d+)/.exec(istio)?.[1] ?? FIRST);
    if (minor < FIRST) throw new NotSupported(`The ${plane} plane is Istio ${istio}, which knows no revocation lists.`);
    if ((await settingsOf(lab, plane))['PILOT_ENABLE_CA_CRL'] === 'false') {
      throw new NotSupported(`The istiod of the ${plane} plane is told to write no revocation lists.`);
    }
  }
}

/** A proxy of each plane. */
const SERVED: Record<PlaneName, string> = { mesh: 'productpage', gateway: 'mesh-gateway' };

async function listsArrive(lab: Lab, namespace: string, text: string): Promise<void> {
  await eventually(
    async () => {
      const { data = {} } = await lab.kube.core.readNamespacedConfigMap({ namespace, name: LIST_MAP });
      if ((data[CRL_FILE] ?? '') !== text) throw new Error('it holds something else');
    },
    { waitingFor: `the lists to reach ${namespace}/${LIST_MAP}`, within: 'converge', inARow: 5 },
  );
}

async function join(context: ClaimContext): Promise<NonNullable<typeof standing>> {
  const { lab, atEnd } = context;
  await splitBaseline(lab);
  atEnd.defer(async () => {
    try {
      await standing?.takeBack?.();
    } finally {
      await splitBaseline(lab);
    }
  });
  await sabotaged(context, 'trust/revocation');
  return { hierarchy: await sharedHierarchy(context), takeBack: undefined };
}

async function textOf({ of, revoked }: Lists, hierarchy: Hierarchy): Promise<string> {
  const lists = of.map((name) => {
    const below = name === 'root' && revoked !== undefined ? [hierarchy[revoked].certificate] : [];
    return issueRevocationList(hierarchy[name], below);
  });
  return (await Promise.all(lists)).join('');
}

/** Gives each plane its CA, and the mesh plane the lists; an empty text is none. */
async function giveLists(lab: Lab, hierarchy: Hierarchy, lists: string): Promise<void> {
  const { planes } = lab.distribution;
  const secrets = PLANES.map((plane) => cacerts(planes[plane], hierarchy[plane]));
  const [mesh] = secrets;
  if (mesh !== undefined && lists !== '') Object.assign(mesh.data, { [CRL_FILE]: encode(lists) });
  await plugIn(lab, secrets);
}
