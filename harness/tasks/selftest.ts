import { Command } from 'commander';
import { join, matchesGlob } from 'node:path';
import { defined } from '../common/defined.ts';
import { type ClaimGroup, loadProfile, selectClaims } from '../plan/catalog.ts';
import { planOf } from '../plan/plan.ts';
import { bringUp } from '../run/bring-up.ts';
import { loadSettings } from '../plan/config/load.ts';
import type { Settings } from '../plan/config/settings.ts';
import { scaleDeadlines } from '../common/deadlines.ts';
import { EXIT, exitCodeOf, failureOf, messageOf, usageFailure } from '../common/errors.ts';
import { FORGERIES, tryForgery } from '../selftest/forgeries.ts';
import { type Stage, trySabotage } from '../selftest/live.ts';
import type { LiveSabotage } from '../selftest/live/scene.ts';
import type { Forgery } from '../selftest/recorded/forgery.ts';
import { loadRecording } from '../selftest/recorded/recording.ts';
import { LIVE } from '../selftest/sabotages.ts';
import { describeAll, renderTrials } from '../selftest/table.ts';
import { isAsExpected, type Trial } from '../selftest/trial.ts';
import { Session } from '../run/session.ts';
import { scratchFolder, workFolder } from '../cluster/state/runs.ts';
import { print } from '../common/terminal.ts';

/** `npm run selftest`: breaks one thing at a time, in recorded evidence and in a lab, and looks who notices. */
const program = new Command('selftest')
  .description('break one thing at a time: the claims named for it must go red, and no other')
  .option('--only <glob...>', 'only the sabotages whose name matches')
  .option('--recorded', 'only those that forge recorded evidence: seconds, no lab')
  .option('--reasons', 'also print what each claim that went red has said')
  .option('--list', 'print all sabotages and what each turns red, and stop')
  .option('--config <file>', 'settings file (default: meshtrust.yaml, if there is one)')
  .option('--distribution <name>', 'how the planes of the lab are configured');

interface Flags {
  only?: string[];
  recorded?: true;
  reasons?: true;
  list?: true;
  config?: string;
  distribution?: string;
}

try {
  const flags = program.parse().opts<Flags>();
  process.exitCode = await selftest(flags);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  print(process.stderr, failureOf(error)?.message ?? messageOf(error));
} finally {
  if (process.connected) process.disconnect();
}

async function selftest(flags: Flags): Promise<number> {
  const { config, distribution } = flags;
  const settings = loadSettings(config, defined({ distribution }));
  const { forgeries, live } = chosen(flags);
  if (flags.list === true) {
    console.log(
      `## In recorded evidence\n\n${describeAll(forgeries)}\n\n## In a lab whose planes have one root\n\n${describeAll(live)}`,
    );
    return EXIT.conformant;
  }
  const trials = [...(await forge(forgeries)), ...(live.length === 0 ? [] : await breakLab(live, settings))];
  const surprises = trials.filter((trial) => !isAsExpected(trial));
  console.log(`\n${renderTrials(trials, flags)}\n`);
  console.log(
    `${trials.length - surprises.length} of ${trials.length} sabotages turned red what they were to, and nothing else`,
  );
  return surprises.length === 0 ? EXIT.conformant : EXIT.claimFailed;
}

/** The sabotages that are asked for, controls included: one that matches nothing is a mistake. */
function chosen({ only = [], recorded }: Flags): { forgeries: readonly Forgery[]; live: readonly LiveSabotage[] } {
  const everything = { forgeries: FORGERIES, live: recorded === true ? [] : LIVE };
  const names = [...everything.forgeries, ...everything.live].map(({ name }) => name);
  for (const glob of only) {
    if (names.some((name) => matchesGlob(name, glob))) continue;
    throw usageFailure(`No sabotage matches '${glob}'.`, { next: `There are: ${names.join(', ')}.` });
  }
  const isWanted = ({ name }: { name: string }) => only.length === 0 || only.some((glob) => matchesGlob(name, glob));
  return { forgeries: everything.forgeries.filter(isWanted), live: everything.live.filter(isWanted) };
}

async function forge(forgeries: readonly Forgery[]): Promise<Trial[]> {
  if (forgeries.length === 0) return [];
  const recording = loadRecording();
  const trials: Trial[] = [];
  for (const forgery of forgeries) trials.push(await tryForgery(forgery, recording));
  return trials;
}

/** One lab for all: each sabotage is undone, and the next asserts that the lab is joined and whole before it begins. */
async function breakLab(sabotages: readonly LiveSabotage[], settings: Settings): Promise<Trial[]> {
  scaleDeadlines(settings.deadlines.scale);
  const groups = loadProfile('trust').filter(({ name }) => sabotages.some(({ group }) => group === name));
  const plan = await planOf(settings, { groups });
  await using session = new Session();
  const { progress, signal } = session;
  const { lab } = await bringUp(session, plan);
  const stage: Omit<Stage, 'group'> = {
    lab: join(workFolder(session.id), 'lab.json'),
    out: scratchFolder('selftest'),
    deadlineScale: settings.deadlines.scale,
    signal,
  };
  const trials: Trial[] = [];
  for (const sabotage of sabotages) {
    if (sabotage.needsSeparateMaps === true && lab.distribution.configMaps === 'shared') {
      progress.note(`Left out on ${settings.distribution}, where both planes write one ConfigMap: ${sabotage.name}`);
      continue;
    }
    const group = judgedThen(sabotage, settings.distribution);
    const trial = await progress.phase(`Sabotage: ${sabotage.name}`, () => trySabotage(sabotage, { ...stage, group }));
    trials.push(trial);
    progress.note(renderTrials([trial]));
  }
  return trials;
}

/** The claims of a sabotage's group that there are on this distribution. */
function judgedThen({ group: wanted }: LiveSabotage, distribution: string): ClaimGroup {
  const group = selectClaims('trust', distribution, []).find(({ name }) => name === wanted);
  if (group === undefined) throw new Error(`there is no claim group ${wanted}`);
  return group;
}
