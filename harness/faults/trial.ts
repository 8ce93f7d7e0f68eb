import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readAccess } from '../cluster/access.ts';
import { deadline } from '../common/deadlines.ts';
import { lastLines } from '../common/errors.ts';
import { ROOT } from '../common/paths.ts';
import { RUN_MARKER } from '../common/process.ts';
import { eventually } from '../common/retry.ts';
import { allRuns } from '../cluster/state/runs.ts';
import { type Difference, differenceOf, isSame, listAll, type Listing } from './listing.ts';
import { FAULTS, type ApiFault, type FaultPlan, type FaultyProxy } from './proxy.ts';
import type { World } from './world.ts';

/** One run in somebody's world that was hit, and what `down` has left of it. */
export interface Trial extends Difference {
  world: World['name'];
  plan: FaultPlan | undefined;
  /** How many calls it made. */
  calls: number;
  /** The call it was hit at; undefined for one that nothing happened to. */
  call: string | undefined;
  /** How the run ended: its exit code, or the signal. */
  ended: string;
  /** How `down` ended, and what it said if not with 0. */
  down: number;
  said: string;
}

export interface Stage {
  world: World;
  proxy: FaultyProxy;
  /** Settings that get its images into the cluster. */
  settings: object;
  /** What the world was before any run. */
  before: Listing;
  /** Ends a run that is under way, as Ctrl-C does. */
  signal: AbortSignal;
}

interface Ended {
  code: string;
  output: string;
}

/** Runs the product, as a user starts it; `started` is handed its process. */
async function meshtrust(
  words: readonly string[],
  end: AbortSignal,
  started: (child: ChildProcess) => void = () => undefined,
): Promise<Ended> {
  // A run of its own, not a child of ours: what was killed is found by its own marker.
  const { [RUN_MARKER]: _marker, ...env } = process.env;
  const child = spawn(process.execPath, [join(ROOT, 'harness', 'cli', 'main.ts'), ...words], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const limit = setTimeout(() => child.kill('SIGKILL'), deadline('testJob'));
  const interrupt = () => child.kill('SIGINT');
  end.addEventListener('abort', interrupt);
  const code = await new Promise<string>((resolve) => {
    child.on('exit', (number, signal) => resolve(signal ?? String(number)));
  });
  end.removeEventListener('abort', interrupt);
  clearTimeout(limit);
  end.throwIfAborted();
  return { code, output };
}

const whereOf = ({ proxy }: Stage): string[] => ['--cluster', 'kubeconfig', '--context', proxy.context];

/** One run in somebody's world, with one fault or none. */
export async function runThere(stage: Stage, plan: FaultPlan | undefined): Promise<Ended> {
  const { world, proxy, settings } = stage;
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-fault-'));
  const config = join(folder.path, 'meshtrust.yaml');
  writeFileSync(config, stringify({ ...settings, ...world.settings }));
  let run: ChildProcess | undefined;
  proxy.plan(plan, () => run?.kill('SIGKILL'));
  return await meshtrust(
    [
      ...['run', '--config', config, ...whereOf(stage), '--kubeconfig', proxy.kubeconfig, '--way-in', 'port-forward'],
      ...['--out', join(folder.path, 'report'), '--only', ...world.only],
    ],
    stage.signal,
    (child) => (run = child),
  );
}

/** One run with one fault, then `down` by what the cluster itself knows, then a look at everything. */
export async function tryFault(stage: Stage, plan: FaultPlan | undefined): Promise<Trial> {
  const { world, proxy, before } = stage;
  const { code, output } = await runThere(stage, plan);
  const calls = proxy.calls();
  proxy.plan(undefined, () => undefined);
  const down = await meshtrust(['down', ...whereOf(stage), '--kubeconfig', world.cluster.kubeconfig], stage.signal);
  const difference = await settledDifference(world, before);
  // What is on record and not in the cluster any more would make every later `down` fail.
  const recorded = allRuns().filter(({ id }) => readAccess(id)?.kubeconfig === proxy.kubeconfig);
  difference.leftOver.push(...recorded.map(({ id }) => `record of run ${id}`));
  return {
    world: world.name,
    plan,
    calls: calls.length,
    call: plan === undefined ? undefined : calls[plan.at - 1]?.replace(/\?.*$/, ''),
    ended: code,
    down: Number(down.code),
    said:
      down.code === '0' && isSame(difference)
        ? ''
        : [...lastLines(output, 15), ...lastLines(down.output, 15)].join('\n'),
    ...difference,
  };
}

/** What is different once everything has come to rest: what a controller does after an object has gone takes a moment. */
async function settledDifference({ cluster }: World, before: Listing): Promise<Difference> {
  let difference: Difference = { leftOver: [], lost: [], changed: [] };
  await eventually(
    async () => {
      difference = differenceOf(before, await listAll(cluster));
      if (!isSame(difference)) throw new Error('it is not as it was');
    },
    { waitingFor: 'the cluster to be as it was', within: 'asFound' },
  ).catch(() => undefined); // told, not thrown
  return difference;
}

/** Whether a run was hit as it was meant to be, is gone, and has left everything as it was. */
export const isWell = (trial: Trial): boolean =>
  isSame(trial) && trial.down === 0 && (trial.plan === undefined || trial.call !== undefined);

/** Plans for so many runs, the same for the same seed: every fault in turn, at calls spread over a whole run. */
export function plansFor(count: number, calls: number, seed: number): FaultPlan[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => {
    const fault = FAULT_CYCLE[index % FAULT_CYCLE.length] ?? 'kill';
    // A share of the run for each, and somewhere within it. No two runs make the same number of calls, the more the longer
    // they wait: the last may never come.
    return { fault, at: Math.floor(((index + random()) / count) * calls * 0.8) + 1 };
  });
}

/** A kill every other time: it is what leaves most behind. */
const FAULT_CYCLE: readonly ApiFault[] = FAULTS.filter((fault) => fault !== 'kill').flatMap(
  (fault) => ['kill', fault] as const,
);

/** Numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
