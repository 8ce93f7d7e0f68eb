import type { V1Pod } from '@kubernetes/client-node';
import { defined } from '../common/defined.ts';
import { environmentFailure } from '../common/errors.ts';
import { apiMessage, found } from '../cluster/kube/failure.ts';
import { ISTIOD_SELECTOR } from '../observations/istio.ts';
import { cannotAsk, pathOf } from './access.ts';
import type { Audit } from './context.ts';
import { type PlaneDeployment, planeDeployment } from './planes.ts';
import { isAmbient, isLive, isUnknownProxy, isZtunnel, type ProxyPod, proxyPod } from './proxy-pods.ts';

/** Every istiod, by its deployment. */
export async function findPlanes(audit: Audit): Promise<PlaneDeployment[]> {
  const { apps } = audit.kube;
  const scopes = audit.scopes('deployments');
  if (scopes.length === 0) {
    audit.lacks('deployments');
    return [];
  }
  try {
    const lists = await Promise.all(
      scopes.map((namespace) =>
        namespace === undefined
          ? apps.listDeploymentForAllNamespaces({ labelSelector: ISTIOD_SELECTOR })
          : apps.listNamespacedDeployment({ namespace, labelSelector: ISTIOD_SELECTOR }),
      ),
    );
    const planes = lists.flatMap(({ items }) => items.map(planeDeployment));
    const where = scopes.includes(undefined) ? 'this cluster' : scopes.join(', ');
    if (planes.length === 0) audit.missed(`There is no deployment with the label ${ISTIOD_SELECTOR} in ${where}.`);
    return planes.sort((a, b) => a.id.localeCompare(b.id));
  } catch (error) {
    audit.missed(`Control planes were not found: ${apiMessage(error)}.`);
    return [];
  }
}

/** Pods are read in pages, and of each page only the proxies are kept. */
const PAGE = 200;

/** Every proxy that is not on its way out, ready or not, by namespace and name. */
export async function findProxies(audit: Audit): Promise<ProxyPod[]> {
  const { namespaces } = audit.options;
  const scopes = audit.rights.may('pods') && namespaces.length > 0 ? namespaces : audit.scopes('pods');
  if (scopes.length === 0) {
    const where = namespaces.length === 0 ? 'all namespaces' : namespaces.join(', ');
    throw environmentFailure(`You may not list pods in ${where}, so there is nothing to audit.`, {
      next:
        'Have the role in fixtures/rbac/observer.yaml bound to you' +
        (namespaces.length === 0 ? ', or name namespaces you may look into with --namespace.' : '.'),
    });
  }
  for (const namespace of namespaces) if (!audit.rights.may('pods', namespace)) audit.lacks('pods', namespace);
  const proxies: ProxyPod[] = [];
  const hidden = { ztunnels: 0, ambient: 0, unknown: [] as string[] };
  for (const namespace of scopes) {
    for await (const pod of podsIn(audit, namespace)) {
      if (!isLive(pod)) continue;
      if (isZtunnel(pod)) hidden.ztunnels += 1;
      if (isAmbient(pod)) hidden.ambient += 1;
      if (isUnknownProxy(pod)) hidden.unknown.push(`${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''}`);
      const proxy = proxyPod(pod, audit.now);
      if (proxy !== undefined) proxies.push(proxy);
    }
  }
  tellHidden(audit, hidden);
  return proxies.sort((a, b) => a.id.localeCompare(b.id));
}

/** Machines outside of the cluster are in a mesh by their WorkloadEntries (Istio, «Virtual Machine Installation»). */
export async function tellMachines(audit: Audit): Promise<void> {
  // Who asks about some namespaces asks about no machines.
  if (audit.options.namespaces.length > 0) return;
  if (!audit.rights.may('workloadEntries')) {
    audit.lacks('workloadEntries');
    return;
  }
  try {
    const list = await found(audit.kube.objects.get<{ items: unknown[] }>(pathOf('workloadEntries', 'v1')));
    const count = list?.items.length ?? 0;
    if (count > 0) audit.missed(`Machines outside of the cluster are not looked at (WorkloadEntries: ${count}).`);
  } catch (error) {
    audit.missed(`Machines outside of the cluster were not counted: ${apiMessage(error)}.`);
  }
}

/** What takes part in a mesh and is looked at by nobody here. */
function tellHidden(audit: Audit, hidden: { ztunnels: number; ambient: number; unknown: readonly string[] }): void {
  const { ztunnels, ambient, unknown } = hidden;
  if (ztunnels + ambient > 0) {
    audit.missed(
      `Certificates of ambient workloads are not looked at (pods of ztunnel: ${ztunnels}, pods behind it: ${ambient}).`,
    );
  }
  if (unknown.length > 0) {
    const names = unknown.slice(0, 3).join(', ') + (unknown.length > 3 ? ` and ${unknown.length - 3} more` : '');
    audit.missed(
      `Pods that were injected, without a container that is known for Istio's proxy, were not looked at: ${names}.`,
    );
  }
}

async function* podsIn({ kube }: Audit, namespace: string | undefined): AsyncGenerator<V1Pod> {
  let rest: string | undefined;
  do {
    const page = { limit: PAGE, ...defined({ _continue: rest }) };
    const list =
      namespace === undefined
        ? kube.core.listPodForAllNamespaces(page)
        : kube.core.listNamespacedPod({ namespace, ...page });
    const { items, metadata } = await list.catch((error: unknown) => {
      throw cannotAsk(kube, error);
    });
    yield* items;
    rest = metadata?._continue;
  } while (rest !== undefined && rest !== '');
}
