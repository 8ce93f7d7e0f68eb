import { EnvHttpProxyAgent, request } from 'undici';
import { deadline } from '../common/deadlines.ts';
import type { SupplyKind } from './supply.ts';

export interface Choice {
  kind: SupplyKind;
  /** Why, as a clause for the console and the report. */
  reason: string;
}

/** The registry's version check (OCI Distribution Specification, end-1): 200 or 401 both mean «a registry is here». */
const REGISTRY = 'https://registry-1.docker.io/v2/';

/** What `auto` stands for here and now: the registry is asked once and has {@link deadline} `registryProbe` to answer. */
export async function chooseSupply(wanted: SupplyKind | 'auto'): Promise<Choice> {
  if (wanted !== 'auto') return { kind: wanted, reason: 'as asked' };
  try {
    const answer = await request(REGISTRY, {
      // Behind a proxy (HTTPS_PROXY) the registry is reached through it, as docker does.
      dispatcher: new EnvHttpProxyAgent(),
      signal: AbortSignal.timeout(deadline('registryProbe')),
    });
    await answer.body.dump();
    if (answer.statusCode === 200 || answer.statusCode === 401) {
      return { kind: 'registry', reason: 'an image registry answers' };
    }
    return { kind: 'source', reason: `the image registry answered ${answer.statusCode}` };
  } catch (error) {
    const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
    return { kind: 'source', reason: `no image registry answers (${code})` };
  }
}
