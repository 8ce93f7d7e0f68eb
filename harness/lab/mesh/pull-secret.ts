import type { V1Secret } from '@kubernetes/client-node';
import { usageFailure } from '../../common/errors.ts';
import { configOf, passwordOf, readLogin } from '../../supply/registry-login.ts';

const TYPE = 'kubernetes.io/dockerconfigjson';

/**
 * The Secret by which a node may pull images under `prefix` (`registry.example.com/team`), with the credentials that
 * a docker config.json has for that registry and no others (Kubernetes documentation, «Pull an Image from a Private
 * Registry»). Fails, exit code 2, where the file has none that a kubelet could use.
 */
export function pullSecret(name: string, namespace: string, file: string, prefix: string): V1Secret {
  const login = readLogin(file, prefix);
  if ((passwordOf(login.entry) ?? '') === '') {
    throw usageFailure(`${file} has a token for ${login.registry}, and no password: a kubelet takes no tokens.`, {
      next: 'Have the registry make a password for a machine (a robot account, an access token as the password).',
    });
  }
  const data = { '.dockerconfigjson': Buffer.from(configOf(login)).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: TYPE, data };
}
