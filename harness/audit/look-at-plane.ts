import { apiMessage, found } from '../cluster/kube/failure.ts';
import { connectToPod } from '../cluster/kube/port-forward.ts';
import { XDS_PORT } from '../observations/istio.ts';
import type { Certificate } from '../observations/certificate.ts';
import type { ObservedPlane } from '../verdict/trust/graph/observation.ts';
import type { Audit } from './context.ts';
import { presentedOn } from './handshake.ts';
import { type PlaneDeployment, type TrustDomains, trustDomains } from './planes.ts';
import { isLive, notServing } from './proxy-pods.ts';

/** What istiod serves and what it takes for its trust domain. */
export async function lookAtPlane(audit: Audit, deployment: PlaneDeployment): Promise<ObservedPlane> {
  const [serving, domains] = await Promise.all([servingChain(audit, deployment), readTrustDomains(audit, deployment)]);
  const { id, namespace, revision, version, serverName, rootMapName } = deployment;
  return { id, namespace, revision, version, serverName, rootMapName, serving, ...domains };
}

/** What istiod presents to an agent. */
async function servingChain(audit: Audit, plane: PlaneDeployment): Promise<Certificate[] | undefined> {
  const { id, namespace, selector, serverName } = plane;
  const { kube, rights } = audit;
  const notSeen = (why: string) => audit.missed(`What ${id} serves was not seen: ${why}.`);
  if (!rights.may('portForward', namespace)) {
    audit.lacks('portForward');
    return undefined;
  }
  try {
    const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector: selector });
    const pod = items.find((one) => isLive(one) && notServing(one) === undefined);
    if (pod === undefined) {
      notSeen('it has no pod that is Ready');
      return undefined;
    }
    const stream = await connectToPod(kube, { namespace, name: pod.metadata?.name ?? '' }, XDS_PORT);
    return await presentedOn(stream, { serverName, protocols: ['h2'], within: 'auditAnswer' });
  } catch (error) {
    notSeen(apiMessage(error));
    return undefined;
  }
}

async function readTrustDomains(audit: Audit, { id, namespace, meshMap }: PlaneDeployment): Promise<TrustDomains> {
  if (!audit.rights.may('configMaps', namespace)) {
    audit.lacks('configMaps');
    return trustDomains(undefined);
  }
  try {
    const map = await found(audit.kube.core.readNamespacedConfigMap({ namespace, name: meshMap }));
    return trustDomains(map?.data?.['mesh']);
  } catch (error) {
    audit.missed(`The trust domain of ${id} was not seen (ConfigMap ${namespace}/${meshMap}: ${apiMessage(error)}).`);
    return trustDomains(undefined);
  }
}
