import { connectKube } from '../kube/client.ts';

/** Keys of Secret data that hold private keys of CAs: plugged-in, self-signed, cert-manager's. */
const KEY_FILES = ['ca-key.pem', 'tls.key', 'key.pem'];

/** Every private key that the cluster keeps in Secrets, as PEM; for searching what is handed out, for nothing else. */
export async function readPrivateKeys(kubeconfig: string): Promise<string[]> {
  const { items } = await connectKube(kubeconfig).core.listSecretForAllNamespaces();
  return items
    .flatMap(({ data }) => KEY_FILES.map((file) => Buffer.from(data?.[file] ?? '', 'base64').toString()))
    .filter((text) => text.includes('PRIVATE KEY'));
}
