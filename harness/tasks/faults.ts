// `npm run faults`: runs in clusters that hold somebody's things, killed and cut off at ever other points.
import { Command, Option } from 'commander';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, exitCodeOf, failureOf, messageOf } from '../common/errors.ts';
import { openStage } from '../faults/stage.ts';
import { faultTable } from '../faults/table.ts';
import { isWell, plansFor, type Trial, tryFault } from '../faults/trial.ts';
import { type World, WORLDS } from '../faults/world.ts';
import { atLeastOne } from '../cli/option-values.ts';
import { ROOT } from '../common/paths.ts';
import { Session } from '../run/session.ts';
import { print } from '../common/terminal.ts';

interface Options {
  world: readonly World['name'][];
  runs: number;
  seed: number;
  write?: string | true;
}

const program = new Command('faults')
  .description('hit runs at points spread over all of their calls to the API server: nothing of others may be lost')
  .addOption(new Option('--world <name...>', 'whose things are in the cluster').choices(WORLDS).default(WORLDS))
  .option('--runs <count>', 'runs that are hit, over these worlds', atLeastOne, 40)
  .option('--seed <number>', 'decides where', atLeastOne, 1)
  .option('--write [file]', 'put the table there (docs/faults.md), with every run anew');

const trials: Trial[] = [];
try {
  const { world: worlds, runs, seed, write } = program.parse().opts<Options>();
  const file = typeof write === 'string' ? write : join(ROOT, 'docs', 'faults.md');
  const tell = (trial: Trial) => {
    trials.push(trial);
    // What a long series has found by the time it is interrupted is not lost.
    if (write !== undefined) writeFileSync(file, faultTable(trials));
  };
  for (const name of worlds) await hit(name, Math.ceil(runs / worlds.length), seed, tell);
  process.exitCode = trials.every(isWell) ? EXIT.conformant : EXIT.claimFailed;
} catch (error) {
  process.exitCode = exitCodeOf(error);
  print(process.stderr, failureOf(error)?.message ?? messageOf(error));
} finally {
  if (trials.length > 0) console.log(`\n${faultTable(trials)}`);
  if (process.connected) process.disconnect();
}

/** A world of its own, a run there that nothing happens to, and as many that something does. */
async function hit(name: World['name'], runs: number, seed: number, tell: (trial: Trial) => void): Promise<void> {
  await using session = new Session();
  const { progress, signal } = session;
  const stage = await openStage(name, session);
  const attempt = async (title: string, plan: Parameters<typeof tryFault>[1]) => {
    signal.throwIfAborted();
    const trial = await progress.phase(title, () => tryFault(stage, plan));
    if (trial.said !== '') progress.note(trial.said);
    tell(trial);
    return trial;
  };
  const { calls } = await attempt(`${name}: no fault`, undefined);
  for (const [index, plan] of plansFor(runs, calls, seed).entries()) {
    await attempt(`${name}: ${index + 1} of ${runs}, ${plan.fault} at call ${plan.at} of ${calls}`, plan);
  }
}
