import { arch, cpus, release, totalmem, type } from 'node:os';
import { defined } from '../common/defined.ts';
import type { Lab } from '../lab/mesh/lab.ts';
import { installerOf } from '../lab/mesh/installers/installers.ts';
import type { PlaneName } from '../observations/planes.ts';
import type { Plan } from '../plan/plan.ts';
import { packageVersion } from '../common/paths.ts';
import type { Phase } from '../common/progress.ts';
import { buildReport } from '../verdict/report/build.ts';
import type { RunEvent } from '../verdict/report/events.ts';
import type { ConformanceReport, RunFailure } from '../verdict/report/model.ts';
import { type Shard, shardName } from '../verdict/report/shard.ts';
import type { Component } from '../supply/supply.ts';

/** What is known of a run so far; filled in as it goes, so that a report can be written at any moment. */
export interface RunFacts {
  plan: Plan;
  runId: string;
  started: Date;
  /** The part of a run that this is; undefined for a whole one. */
  shard: Shard | undefined;
  phases: readonly Phase[];
  /** Components beyond those of the lab. */
  components: Component[];
  engine?: string;
  /** What was taken without a pin, a sentence each. */
  unpinned?: () => string[];
  lab?: Lab;
}

const UNKNOWN = 'not known';

/** The version that a plane is to have first; of one that is there already nothing is known before it is seen. */
function plannedVersion({ settings, needs }: Plan, plane: PlaneName): string {
  const { version } = settings.planes[plane];
  if (installerOf(settings.planes[plane]).isOthers) return UNKNOWN;
  return needs.olderVersion ? settings.upgrade.from : (version ?? settings.istioVersion);
}

/** The report of a run, however far it got. */
export function runReport(
  facts: RunFacts,
  events: readonly RunEvent[],
  failure: RunFailure | undefined,
  redact?: (text: string) => string,
): ConformanceReport {
  const { plan, lab } = facts;
  const { settings, distribution, supply, groups = [] } = plan;
  return buildReport({
    run: {
      id: facts.runId,
      started: facts.started.toISOString(),
      finished: new Date().toISOString(),
      tool: packageVersion(),
      ...(facts.shard === undefined ? {} : { shard: shardName(facts.shard) }),
    },
    profile: settings.profile,
    distribution: settings.distribution,
    supply: supply.kind,
    supplyReason: supply.reason,
    notes: facts.unpinned?.() ?? [],
    implementation: {
      planes: Object.values(distribution.planes).map(({ name, namespace, revision }) => {
        return { name, namespace, revision, version: lab?.istio[name].version ?? plannedVersion(plan, name) };
      }),
      components: [...(lab?.components ?? []), ...facts.components],
    },
    environment: {
      os: `${type()} ${release()}`,
      arch: arch(),
      cpus: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      engine: facts.engine ?? UNKNOWN,
      kubernetes: lab?.kubernetesVersion ?? UNKNOWN,
      ...(lab === undefined || lab.nodes === 1 ? {} : { nodes: lab.nodes }),
    },
    phases: facts.phases.map(({ name, started, duration, outcome }) => ({
      name,
      started: new Date(started).toISOString(),
      seconds: duration / 1000,
      outcome,
    })),
    planned: groups.flatMap(({ claims }) =>
      claims.map(({ id, sentence, level, source, group }) => ({ id, sentence, level, source, group })),
    ),
    events,
    ...defined({ failure, redact }),
  });
}
