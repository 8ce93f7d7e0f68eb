import { type KubernetesObject, type NodeStatus, topNodes, type VersionInfo } from '@kubernetes/client-node';
import { environmentFailure } from '../common/errors.ts';
import { defined } from '../common/defined.ts';
import type { Finding } from './finding.ts';
import type { Kube } from './kube/client.ts';
import { type Inventory, type InventoryObject, sentenceFor } from './kube/inventory.ts';
import { foreignMeshes, foreignPods, planAround } from './conflicts.ts';

/** Bookinfo's pods end with a `sleep` of the kubelet's own (KEP-3960), on by default from here on. */
const OLDEST_MINOR = 30;
const GIB = 2 ** 30;
/** What a lab asks for in all, with the rollouts of a remedy on top (CPUs), and what it really uses (bytes). */
const ROOM = { cpu: 0.5, memory: 2 * GIB };

/** What a run does in a cluster, as RBAC knows it. */
const RIGHTS = [
  ['create', '', 'namespaces'],
  ['delete', '', 'namespaces'],
  ['create', '', 'secrets'],
  ['patch', '', 'services'],
  ['patch', 'apps', 'deployments'],
  ['create', '', 'pods/portforward'],
  ['delete', '', 'pods'],
  ['create', 'coordination.k8s.io', 'leases'],
  ['create', 'apiextensions.k8s.io', 'customresourcedefinitions'],
  ['delete', 'apiextensions.k8s.io', 'customresourcedefinitions'],
  ['create', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['create', 'admissionregistration.k8s.io', 'mutatingwebhookconfigurations'],
  ['patch', 'apiextensions.k8s.io', 'customresourcedefinitions'],
  ['patch', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['escalate', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['patch', 'admissionregistration.k8s.io', 'mutatingwebhookconfigurations'],
  ['patch', 'gateway.networking.k8s.io', 'gatewayclasses'],
] as const;

/** What a run would meet in an existing cluster; only looks. `wanted` are objects that it would make. */
export async function preflight(
  kube: Kube,
  inventory: Inventory,
  wanted: readonly KubernetesObject[],
): Promise<Finding[]> {
  const [version, nodes] = await Promise.all([kube.objects.get<VersionInfo>('/version'), topNodes(kube.core)]);
  return [
    judgeVersion(version),
    await judgeRights(kube),
    judgeCapacity(nodes),
    judgeGatewayApi(inventory),
    ...judgeRoom(inventory, wanted),
    ...inventory.unread.map((one) => ({
      state: 'note' as const,
      text: `Not listed, so not compared: ${sentenceFor(one)}.`,
    })),
  ];
}

/** Fails, exit code 3, for a cluster with fewer nodes than claims ask for: they would prove nothing there. */
export function assertNodes(objects: readonly Pick<InventoryObject, 'apiVersion' | 'kind'>[], wanted: number): void {
  const nodes = objects.filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Node').length;
  if (nodes >= wanted) return;
  throw environmentFailure(`The cluster has ${nodes} of the ${wanted} nodes that these claims need.`, {
    next: 'Add nodes, use another cluster, or judge other claims (--only).',
  });
}

export function judgeVersion({
  major,
  minor,
  gitVersion,
}: Pick<VersionInfo, 'major' | 'minor' | 'gitVersion'>): Finding {
  // Providers put a plus behind it.
  const isNew = Number(major) > 1 || Number.parseInt(minor) >= OLDEST_MINOR;
  if (isNew) return { state: 'good', text: `Kubernetes ${gitVersion}.` };
  return {
    state: 'bad',
    text: `Kubernetes ${gitVersion} is too old: upgrade the cluster to 1.${OLDEST_MINOR} or newer.`,
  };
}

/** The rights that this user lacks of those that a run needs: `create namespaces`. */
export async function missingRights(kube: Kube): Promise<string[]> {
  const missing = await Promise.all(
    RIGHTS.map(async ([verb, group, path]) => {
      const [resource = '', subresource] = path.split('/');
      const resourceAttributes = { verb, group, resource, ...defined({ subresource }) };
      const { status } = await kube.authorization.createSelfSubjectAccessReview({
        body: { spec: { resourceAttributes } },
      });
      return status?.allowed === true ? [] : [`${verb} ${path}`];
    }),
  );
  return missing.flat();
}

async function judgeRights(kube: Kube): Promise<Finding> {
  const lacks = await missingRights(kube);
  if (lacks.length === 0) return { state: 'good', text: 'This user may do what a run does.' };
  return { state: 'bad', text: `This user may not ${lacks.join(', ')}: run it as one with the role cluster-admin.` };
}

/** What the nodes have left, by what running pods have asked for; CPUs and bytes. */
export function judgeCapacity(nodes: readonly Pick<NodeStatus, 'Node' | 'CPU' | 'Memory'>[]): Finding {
  const usable = nodes.filter(({ Node }) => Node.spec?.unschedulable !== true);
  const left = (resource: 'CPU' | 'Memory') =>
    usable.reduce((sum, node) => sum + Number(node[resource].Capacity) - Number(node[resource].RequestTotal), 0);
  const [cpu, memory] = [left('CPU'), left('Memory')];
  const text = `${cpu.toFixed(1)} CPUs and ${(memory / GIB).toFixed(1)} GiB are left on ${usable.length} nodes`;
  if (cpu >= ROOM.cpu && memory >= ROOM.memory) return { state: 'good', text: `${text}.` };
  const wanted = `${ROOM.cpu} CPUs and ${ROOM.memory / GIB} GiB`;
  return { state: 'bad', text: `${text}, and a lab wants ${wanted}: add a node, or end something.` };
}

function judgeGatewayApi({ objects }: Inventory): Finding {
  const isThere = objects.some(
    ({ kind, name }) => kind === 'CustomResourceDefinition' && name === 'gateways.gateway.networking.k8s.io',
  );
  return isThere
    ? { state: 'note', text: 'The CRDs of the Gateway API are there; the ones of the cluster are used.' }
    : {
        state: 'note',
        text: 'The CRDs of the Gateway API are not there; a run brings them, and takes them away again.',
      };
}

function judgeRoom(inventory: Inventory, wanted: readonly KubernetesObject[]): Finding[] {
  const troubles = [...foreignMeshes(inventory), ...foreignPods(inventory), ...planAround(inventory, wanted).conflicts];
  if (troubles.length === 0) return [{ state: 'good', text: 'Nothing there is in the way of a lab.' }];
  return troubles.map((trouble) => ({
    state: 'bad',
    text: `In the way: ${trouble}. Take another cluster, or give planes and GatewayClass other names.`,
  }));
}
