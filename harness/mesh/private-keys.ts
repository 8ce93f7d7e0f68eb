import type { Kube } from '../kube/client.ts';
import { type Distribution, PLANES } from './distribution.ts';

/** Keys of Secret data that hold private keys of CAs: plugged-in, self-signed, cert-manager's. */
const KEY_FILES = ['ca-key.pem', 'tls.key', 'key.pem'];

/** Every private key in the Secrets of a lab, as PEM; for searching what is handed out, for nothing else. */
export async function readPrivateKeys(kube: Kube, { planes }: Distribution): Promise<string[]> {
  const namespaces = [...PLANES.map((plane) => planes[plane].namespace), 'cert-manager'];
  const secrets = await Promise.all(namespaces.map((namespace) => kube.core.listNamespacedSecret({ namespace })));
  return secrets
    .flatMap(({ items }) => items)
    .flatMap(({ data }) => KEY_FILES.map((file) => Buffer.from(data?.[file] ?? '', 'base64').toString()))
    .filter((text) => text.includes('PRIVATE KEY'));
}
