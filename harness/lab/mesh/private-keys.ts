import type { V1Secret } from '@kubernetes/client-node';
import type { Kube } from '../../cluster/kube/client.ts';
import { found } from '../../cluster/kube/failure.ts';
import { CACERTS, ISTIO_CA_SECRET } from '../../observations/istio.ts';
import { PLANES } from '../../observations/planes.ts';
import { RUN_LABEL } from '../../cluster/ownership/label.ts';
import { allAddOns } from './add-ons.ts';
import type { Distribution } from './distribution.ts';

/** Secrets that the lab's controllers make for themselves, without a label of the run. */
const OF_ISTIOD = [ISTIO_CA_SECRET, CACERTS];

/**
 * Every private key in the Secrets of a lab, as PEM; for searching what is handed out, for nothing else. Only Secrets of
 * the run and of its controllers are read: nobody else's, in the same namespaces or elsewhere.
 */
export async function readPrivateKeys(kube: Kube, runId: string, { planes }: Distribution): Promise<string[]> {
  const { items } = await kube.core.listSecretForAllNamespaces({ labelSelector: `${RUN_LABEL}=${runId}` });
  const namespaces = PLANES.map((plane) => planes[plane].namespace);
  const ofAddOns = allAddOns().map(async ({ namespace, keys }) => {
    const there = await found(kube.core.readNamespace({ name: namespace }));
    return there?.metadata?.labels?.[RUN_LABEL] === runId ? keys.map((name) => ({ namespace, name })) : [];
  });
  const named = [
    ...namespaces.flatMap((namespace) => OF_ISTIOD.map((name) => ({ namespace, name }))),
    ...(await Promise.all(ofAddOns)).flat(),
  ];
  const others = await Promise.all(named.map((ref) => found(kube.core.readNamespacedSecret(ref))));
  return [...items, ...others.filter((secret) => secret !== undefined)].flatMap(keysIn);
}

const keysIn = ({ data }: V1Secret): string[] =>
  Object.values(data ?? {})
    .map((value) => Buffer.from(value, 'base64').toString())
    .filter((text) => text.includes('PRIVATE KEY'));
