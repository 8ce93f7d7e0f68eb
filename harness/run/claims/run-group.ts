import { join } from 'node:path';
import { defined } from '../../common/defined.ts';
import { ROOT } from '../../common/paths.ts';
import { tryRun } from '../../common/process.ts';
import type { ClaimGroup } from '../../plan/catalog.ts';
import { ENVIRONMENT } from './environment.ts';

export interface GroupRun {
  lab: string;
  out: string;
  events: string;
  deadlineScale: number;
  sabotage: string | undefined;
}

export interface GroupOutcome {
  exitCode: number;
  printed: string;
}

/**
 * Runs the claims of one group in a process of its own (vitest, project `conformance`). Verdicts arrive in the events
 * file; what vitest itself said is for the case that it did not get as far as the claims.
 */
export async function runGroup(group: ClaimGroup, run: GroupRun, signal: AbortSignal): Promise<GroupOutcome> {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const file = join('suites', `${group.name}.test.ts`);
  const output = await tryRun(
    [process.execPath, vitest, 'run', '--project', 'conformance', '--no-color', '--reporter', 'verbose', file],
    {
      cwd: ROOT,
      signal,
      env: {
        [ENVIRONMENT.lab]: run.lab,
        [ENVIRONMENT.out]: run.out,
        [ENVIRONMENT.events]: run.events,
        [ENVIRONMENT.claims]: group.claims.map(({ id }) => id).join(','),
        [ENVIRONMENT.scale]: String(run.deadlineScale),
        ...defined({ [ENVIRONMENT.sabotage]: run.sabotage }),
      },
    },
  );
  signal.throwIfAborted();
  return { exitCode: output.exitCode ?? 1, printed: output.stdout + output.stderr };
}
