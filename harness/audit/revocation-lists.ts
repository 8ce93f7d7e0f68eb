import { apiMessage, found } from '../cluster/kube/failure.ts';
import { CRL_FILE } from '../observations/istio.ts';
import { messageOf } from '../common/errors.ts';
import { parseRevocationLists } from '../observations/revocation-list.ts';
import type { ObservedRevocation } from '../verdict/trust/graph/observation.ts';
import type { Audit } from './context.ts';
import type { ListReader } from './proxy-certificates.ts';

/**
 * Reads the ConfigMap from which a pod has its file with revocation lists, each once. Envoy follows the file; an empty one
 * means that it does not look for revocation.
 */
export function revocationLists(audit: Audit): ListReader {
  const read = new Map<string, Promise<ObservedRevocation | undefined>>();
  return ({ namespace, listMap }, file) => {
    if (listMap === undefined || !file.endsWith(`/${CRL_FILE}`)) {
      return Promise.resolve({ from: `the file ${file} of its pod`, lists: undefined });
    }
    const id = `${namespace}/${listMap}`;
    const lists = read.get(id) ?? readMap(audit, namespace, listMap);
    read.set(id, lists);
    return lists;
  };
}

async function readMap(audit: Audit, namespace: string, name: string): Promise<ObservedRevocation | undefined> {
  const from = `the ConfigMap ${namespace}/${name}`;
  const unread = (why: string) => {
    audit.missed(`Revocation lists in ${from} were not seen: ${why}.`);
    return { from, lists: undefined };
  };
  if (!audit.rights.may('configMaps', namespace)) return unread('you may not read it');
  try {
    const map = await found(audit.kube.core.readNamespacedConfigMap({ namespace, name }));
    const text = map?.data?.[CRL_FILE] ?? '';
    return text === '' ? undefined : { from, lists: parseRevocationLists(text) };
  } catch (error) {
    return unread(error instanceof Error && error.name === 'CertificateError' ? messageOf(error) : apiMessage(error));
  }
}
