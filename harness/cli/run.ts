import { selectClaims } from '../plan/catalog.ts';
import { shardOf } from '../plan/shard.ts';
import type { Settings } from '../plan/config/settings.ts';
import { scaleDeadlines } from '../common/deadlines.ts';
import { EXIT, usageFailure } from '../common/errors.ts';
import { describePlan } from '../plan/describe.ts';
import { planOf } from '../plan/plan.ts';
import { runPlan, type RunRequest } from '../run/run.ts';
import { sabotageNames } from '../selftest/sabotages.ts';
import { print } from '../common/terminal.ts';

interface RunFlags extends RunRequest {
  /** Say what would be done, and do nothing. */
  dryRun: boolean;
}

/** `meshtrust run`: from an empty machine to a verdict. Returns the exit code. */
export async function runCommand(settings: Settings, { dryRun, ...options }: RunFlags): Promise<number> {
  scaleDeadlines(settings.deadlines.scale);
  const { shard, sabotage } = options;
  if (sabotage !== undefined && !sabotageNames().includes(sabotage)) {
    throw usageFailure(`Unknown sabotage '${sabotage}'.`, { next: `Known are: ${sabotageNames().join(', ')}.` });
  }
  const selected = selectClaims(settings.profile, settings.distribution, settings.only);
  const groups = shard === undefined ? selected : shardOf(selected, shard);
  const plan = await planOf(settings, { groups });
  if (!dryRun) return await runPlan(plan, options);
  print(process.stdout, describePlan(plan));
  return EXIT.conformant;
}
