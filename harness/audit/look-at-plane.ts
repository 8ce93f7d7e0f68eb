import { apiMessage, found } from '../cluster/kube/failure.ts';
import { connectToPod } from '../cluster/kube/port-forward.ts';
import { WEBHOOK_PORT, XDS_PORT } from '../observations/istio.ts';
import type { ObservedPlane, ObservedReplica } from '../verdict/trust/graph/observation.ts';
import type { Audit } from './context.ts';
import { presentedOn } from './handshake.ts';
import { hasAutoMtls, type PlaneDeployment, type TrustDomains, trustDomains, UNKNOWN_DOMAINS } from './planes.ts';
import { isLive, notServing } from './proxy-pods.ts';

/** What istiod serves, to the API server too if that calls it, and what it takes for its trust domain. */
export async function lookAtPlane(
  audit: Audit,
  deployment: PlaneDeployment,
  isCalled: boolean,
): Promise<ObservedPlane> {
  const [replicas, domains] = await Promise.all([
    servingChains(audit, deployment, isCalled),
    readTrustDomains(audit, deployment),
  ]);
  const { id, namespace, revision, version, serverName, rootMapName, issues, keepsOwnCacerts } = deployment;
  return {
    id,
    namespace,
    revision,
    version,
    serverName,
    rootMapName,
    issues,
    keepsOwnCacerts,
    serving: replicas.find(({ serving }) => serving !== undefined)?.serving,
    replicas,
    ...domains,
  };
}

/** What each pod of istiod that is Ready presents to an agent, and to the API server. */
async function servingChains(audit: Audit, plane: PlaneDeployment, isCalled: boolean): Promise<ObservedReplica[]> {
  const { id, namespace, selector, serverName } = plane;
  const { kube, rights } = audit;
  const notSeen = (what: string, why: string) => audit.missed(`What ${what} serves was not seen: ${why}.`);
  if (!rights.may('portForward', namespace)) {
    audit.lacks('portForward');
    return [];
  }
  try {
    const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector: selector });
    const ready = items.filter((one) => isLive(one) && notServing(one) === undefined);
    if (ready.length === 0) notSeen(id, 'it has no pod that is Ready');
    const replicas = await Promise.all(
      ready.map(async ({ metadata }) => {
        const pod = metadata?.name ?? '';
        const presented = async (port: number, what: string) => {
          try {
            const stream = await connectToPod(kube, { namespace, name: pod }, port);
            return await presentedOn(stream, { serverName, protocols: ['h2'], within: 'auditAnswer' });
          } catch (error) {
            notSeen(`${ready.length === 1 ? id : `pod ${pod} of ${id}`}${what}`, apiMessage(error));
            return undefined;
          }
        };
        const [serving, webhook] = await Promise.all([
          presented(XDS_PORT, ''),
          isCalled ? presented(WEBHOOK_PORT, ' to the API server') : undefined,
        ]);
        return { pod, serving, webhook };
      }),
    );
    return replicas.sort((a, b) => a.pod.localeCompare(b.pod));
  } catch (error) {
    notSeen(id, apiMessage(error));
    return [];
  }
}

async function readTrustDomains(audit: Audit, plane: PlaneDeployment): Promise<TrustDomains> {
  const { id, namespace, meshMap, admitsAll } = plane;
  const notSeen = (why: string) => {
    audit.missed(`The trust domain of ${id} was not seen (ConfigMap ${namespace}/${meshMap}: ${why}).`);
    return UNKNOWN_DOMAINS;
  };
  if (!audit.rights.may('configMaps', namespace)) {
    audit.lacks('configMaps');
    return UNKNOWN_DOMAINS;
  }
  try {
    const map = await found(audit.kube.core.readNamespacedConfigMap({ namespace, name: meshMap }));
    if (map === undefined) return notSeen('it is not there');
    const domains = trustDomains(map.data?.['mesh'] ?? '');
    if (!hasAutoMtls(map.data?.['mesh'] ?? '')) {
      audit.noted(
        `The mesh configuration of ${id} has enableAutoMtls: false: its clients speak plaintext wherever no DestinationRule has ` +
          'them use TLS, and there traffic goes without the TLS that is judged here.',
      );
    }
    return admitsAll ? { ...domains, alsoAdmits: 'all' } : domains;
  } catch (error) {
    return notSeen(apiMessage(error));
  }
}
