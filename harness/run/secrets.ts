import { connect, readAccess } from '../cluster/access.ts';
import { readRegistries } from '../cluster/registries.ts';
import type { Settings } from '../plan/config/settings.ts';
import { messageOf } from '../common/errors.ts';
import { Redactor } from '../common/redact/redact.ts';
import { readPrivateKeys } from '../lab/mesh/private-keys.ts';
import { secretsOf } from '../cluster/state/runs.ts';
import type { Plan } from '../plan/plan.ts';
import { FINDABLE, pullSecretsOf } from '../plan/pulling.ts';

/** Everything secret in a registries.yaml of k3s. */
function registrySecrets({ k3d }: Settings): string[] {
  if (k3d.registries === undefined) return [];
  return Object.values(readRegistries(k3d.registries).configs).flatMap(({ auth = {} }) =>
    [auth.password, auth.auth, auth.identity_token].filter((secret) => secret !== undefined),
  );
}

/** What the kubeconfig of a run's cluster authenticates with. */
function credentials(runId: string): string[] {
  const access = readAccess(runId);
  if (access === undefined) return [];
  const user = connect(access).config.getCurrentUser();
  return [user?.token, user?.password].filter((secret) => secret !== undefined);
}

/** A redactor that knows what a run has made, or was given, to keep secret; of its lab only with {@link labSecrets}. */
export function redactorOf(
  settings: Settings,
  runId: string,
  more: readonly string[],
  missing: (sentence: string) => void,
): Redactor {
  const redactor = new Redactor();
  const sources: Record<string, () => readonly string[]> = {
    'what the run has made': () => secretsOf(runId),
    'the kubeconfig': () => credentials(runId),
    'pull secrets': () => pullSecretsOf(settings),
    'registries.yaml': () => registrySecrets(settings),
    'the lab': () => more,
  };
  for (const [name, source] of Object.entries(sources)) {
    try {
      for (const secret of source()) if (secret.trim().length >= FINDABLE) redactor.know(secret);
    } catch (error) {
      missing(`the report was searched for secrets without those of ${name}: ${messageOf(error)}`);
    }
  }
  return redactor;
}

/** The private keys that lie in the lab's Secrets now; none where there is no lab. */
export async function labSecrets({ distribution }: Plan, runId: string): Promise<string[]> {
  const access = readAccess(runId);
  return access === undefined ? [] : await readPrivateKeys(connect(access), runId, distribution);
}
