// `npm run faults`: runs in clusters that hold somebody's things, killed and cut off at ever other points.
import { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, exitCodeOf, failureOf, messageOf } from '../errors.ts';
import { isSame } from '../faults/listing.ts';
import { openStage } from '../faults/stage.ts';
import { renderTrials } from '../faults/table.ts';
import { plansFor, type Trial, tryFault } from '../faults/trial.ts';
import type { World } from '../faults/world.ts';
import { ROOT } from '../paths.ts';
import { Session } from '../session.ts';
import { print } from '../terminal.ts';

const WORLDS: readonly World['name'][] = ['theirs', 'their planes'];

const program = new Command('faults')
  .description('hit runs at points spread over all of their calls to the API server: nothing of others may be lost')
  .option('--runs <count>', 'runs that are hit, over both worlds', Number, 40)
  .option('--seed <number>', 'decides where', Number, 1)
  .option('--write', 'put the table into docs/faults.md');

try {
  const { runs, seed, write } = program.parse().opts<{ runs: number; seed: number; write?: true }>();
  const trials: Trial[] = [];
  for (const name of WORLDS) trials.push(...(await hit(name, Math.ceil(runs / WORLDS.length), seed)));
  const table = renderTrials(trials);
  console.log(`\n${table}`);
  if (write === true) writeFileSync(join(ROOT, 'docs', 'faults.md'), table);
  process.exitCode = trials.every((trial) => isSame(trial) && trial.down === 0) ? EXIT.conformant : EXIT.claimFailed;
} catch (error) {
  process.exitCode = exitCodeOf(error);
  print(process.stderr, failureOf(error)?.message ?? messageOf(error));
} finally {
  if (process.connected) process.disconnect();
}

/** A world of its own, a run there that nothing happens to, and as many that something does. */
async function hit(name: World['name'], runs: number, seed: number): Promise<Trial[]> {
  await using session = new Session();
  const { progress, signal } = session;
  const stage = await openStage(name, session);
  const trials: Trial[] = [];
  const attempt = async (title: string, plan: Parameters<typeof tryFault>[1]) => {
    signal.throwIfAborted();
    const trial = await progress.phase(title, () => tryFault(stage, plan));
    if (trial.said !== '') progress.note(trial.said);
    trials.push(trial);
  };
  await attempt(`${name}: no fault`, undefined);
  const calls = stage.proxy.calls().length;
  for (const [index, plan] of plansFor(runs, calls, seed).entries()) {
    await attempt(`${name}: ${index + 1} of ${runs}, ${plan.fault} at call ${plan.at} of ${calls}`, plan);
  }
  return trials;
}
