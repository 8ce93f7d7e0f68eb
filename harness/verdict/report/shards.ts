import { usageFailure } from '../../common/errors.ts';
import type { ConformanceReport } from './model.ts';
import type { StoredReport } from './read.ts';
import { parseShard, type Shard, shardName } from './shard.ts';

/** The report of one shard. */
export interface ShardReport extends StoredReport {
  shard: Shard;
}

export interface Shards {
  /** In the order of their index; at least one. */
  present: readonly [ShardReport, ...ShardReport[]];
  /** Empty unless a part was asked for. */
  missing: readonly Shard[];
}

/** `supply` of a run that ended before it chose one, or had nothing to judge. */
export const UNCHOSEN = 'auto';

/** What all shards of a run have in common; undefined where a report does not know. */
const IN_COMMON: Readonly<Record<string, (report: ConformanceReport) => string | undefined>> = {
  'run.tool': ({ run }) => run.tool,
  profile: ({ profile }) => profile,
  distribution: ({ distribution }) => distribution,
  supply: ({ supply }) => (supply === UNCHOSEN ? undefined : supply),
  'implementation.planes': ({ implementation }) =>
    implementation.planes.map(({ name, version }) => `${name} ${version}`).join(', '),
};

/**
 * Holds reports to be the shards of one run: alike in what a run has once, each shard there exactly once, no claim in
 * two of them. With `partial` some may be missing. Fails, exit code 2, with the files and what is wrong about them.
 */
export function shardsOf(reports: readonly StoredReport[], { partial }: { partial: boolean }): Shards {
  const shards = reports.map((stored) => ({ ...stored, shard: shardIn(stored) }));
  const [first, ...rest] = shards.toSorted((a, b) => a.shard.index - b.shard.index);
  if (first === undefined) throw usageFailure('There is no report to merge.');
  assertAlike('run.shard', [first, ...rest], ({ shard }) => `one of ${shard.count}`);
  for (const [field, valueOf] of Object.entries(IN_COMMON)) {
    assertAlike(field, [first, ...rest], ({ report }) => valueOf(report));
  }
  assertOnce([first, ...rest], ({ shard }) => [`Shard ${shardName(shard)}`], 'Name the report of each shard once.');
  assertOnce([first, ...rest], ({ report }) => report.claims.map(({ id }) => id), 'Give all shards the same --only.');
  const missing = missingOf([first, ...rest], first.shard.count);
  if (missing.length > 0 && !partial) {
    throw usageFailure(`Of the shards ${missing.map(shardName).join(', ')} is missing.`, {
      next: 'Add the missing reports, or merge what is there with --partial.',
    });
  }
  return { present: [first, ...rest], missing };
}

function shardIn({ file, report }: StoredReport): Shard {
  const { shard = '' } = report.run;
  const parsed = parseShard(shard);
  if (parsed !== undefined) return parsed;
  throw usageFailure(`${file} is not the report of a shard: its run.shard is ${shard || 'missing'}.`, {
    next: 'Only reports of `run --shard` can be merged.',
  });
}

function assertAlike(
  field: string,
  shards: readonly ShardReport[],
  valueOf: (shard: ShardReport) => string | undefined,
): void {
  const known = shards.map((shard) => ({ file: shard.file, value: valueOf(shard) })).filter(({ value }) => value);
  const odd = known.find(({ value }) => value !== known[0]?.value);
  if (known[0] === undefined || odd === undefined) return;
  throw usageFailure(
    `${known[0].file} and ${odd.file} differ in ${field}: ${known[0].value ?? ''}; ${odd.value ?? ''}.`,
    { next: 'Only shards of one run can be merged.' },
  );
}

function assertOnce(shards: readonly ShardReport[], thingsIn: (shard: ShardReport) => string[], next: string): void {
  const files = new Map<string, string>();
  for (const shard of shards) {
    for (const thing of thingsIn(shard)) {
      const other = files.get(thing);
      if (other !== undefined) throw usageFailure(`${thing} is there twice: ${other}, ${shard.file}.`, { next });
      files.set(thing, shard.file);
    }
  }
}

const missingOf = (shards: readonly ShardReport[], count: number): Shard[] =>
  Array.from({ length: count }, (_, at) => ({ index: at + 1, count })).filter(
    ({ index }) => !shards.some(({ shard }) => shard.index === index),
  );
