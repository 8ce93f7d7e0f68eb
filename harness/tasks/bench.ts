import { Command } from 'commander';
import { statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { planOf } from '../plan/plan.ts';
import { bringUpWhole } from '../run/bring-up.ts';
import { nodeName } from '../cluster/k3d.ts';
import { loadSettings } from '../plan/config/load.ts';
import { deadline } from '../common/deadlines.ts';
import { EXIT, exitCodeOf, failureOf, messageOf, usageFailure } from '../common/errors.ts';
import type { Lab } from '../lab/mesh/lab.ts';
import { atLeastOne } from '../cli/option-values.ts';
import { discard } from '../cluster/ownership/files.ts';
import { fixture } from '../common/paths.ts';
import { inspectImages, memoryOf } from '../cluster/engine/docker.ts';
import { run } from '../common/process.ts';
import { certManager } from '../lab/remedies/cert-manager.ts';
import { manual } from '../lab/remedies/manual.ts';
import { revert } from '../lab/remedies/remedies.ts';
import { Session } from '../run/session.ts';
import { scratchFolder } from '../cluster/state/runs.ts';
import { print } from '../common/terminal.ts';

/** `npm run bench`: the manual remedy by the harness and by a person's script, on one lab, in one run, as a ratio. */
/** Nothing is logged here that a key could get into. */
const keepNothing = () => undefined;

const program = new Command('bench')
  .description('measure the manual remedy against a shell script that does the article’s steps')
  .option('--rounds <count>', 'how often each is measured', atLeastOne, 3)
  .option('--distribution <name>', 'how the planes are configured', 'openshift-4.22');

try {
  const { rounds, distribution } = program.parse().opts<{ rounds: number; distribution: string }>();
  process.exitCode = await bench(rounds, distribution);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  print(process.stderr, failureOf(error)?.message ?? messageOf(error));
} finally {
  if (process.connected) process.disconnect();
}

async function bench(rounds: number, distribution: string): Promise<number> {
  const settings = loadSettings(undefined, { distribution });
  if (settings.cluster !== 'k3d') {
    throw usageFailure('The benchmark’s script acts on whatever cluster kubectl would: it gets one of its own.', {
      next: 'Leave `cluster: kubeconfig` out of meshtrust.yaml for it.',
    });
  }
  await using session = new Session();
  const lab = await bringUpWhole(session, await planOf(settings));
  const memory = watchMemory(session.id);
  const pairs: { harness: number; script: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const name = (who: string) => `Round ${round} of ${rounds}: manual remedy by ${who}`;
    // Taking turns: whoever goes second finds warmer caches.
    const first = round % 2 === 1 ? 'harness' : 'script';
    const times = { harness: 0, script: 0 };
    for (const who of first === 'harness' ? (['harness', 'script'] as const) : (['script', 'harness'] as const)) {
      times[who] = await session.progress.phase(name(who === 'harness' ? 'the harness' : 'the script'), () =>
        timed(() => (who === 'harness' ? manual.apply(lab, keepNothing) : byScript(lab, session.signal))),
      );
      session.signal.throwIfAborted();
      await session.progress.phase('Back to the split', () => revert(lab, manual));
      session.signal.throwIfAborted();
    }
    pairs.push(times);
  }
  const certManagerSeconds = await session.progress.phase('cert-manager remedy by the harness', () =>
    timed(() => certManager.apply(lab, keepNothing)),
  );
  const peak = memory.stop();

  console.log('\nManual remedy, seconds until everything has restarted');
  for (const [index, { harness, script }] of pairs.entries()) {
    console.log(
      `  run ${index + 1}: harness ${harness.toFixed(1)}  script ${script.toFixed(1)}  ratio ${(harness / script).toFixed(2)}`,
    );
  }
  console.log(`cert-manager remedy by the harness: ${certManagerSeconds.toFixed(1)} s`);
  console.log('\nPhases, seconds');
  for (const { name, duration } of session.progress.phases)
    console.log(`  ${(duration / 1000).toFixed(1).padStart(7)}  ${name}`);
  console.log('\nSizes, MiB');
  for (const [what, bytes] of await sizes(lab)) console.log(`  ${(bytes / 2 ** 20).toFixed(0).padStart(7)}  ${what}`);
  console.log(`\nPeak memory of the lab: ${peak}`);
  return pairs.every(({ harness, script }) => harness <= script) ? EXIT.conformant : EXIT.claimFailed;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function byScript(lab: Lab, signal: AbortSignal): Promise<void> {
  const folder = scratchFolder('bench');
  try {
    await run([fixture('bench', 'manual-remedy.sh'), folder], {
      signal,
      env: {
        KUBECONFIG: lab.access.kubeconfig ?? '',
        PATH: `${dirname(lab.tools.kubectl)}${delimiter}${process.env['PATH'] ?? ''}`,
      },
    });
  } finally {
    discard(folder);
  }
}

/** The most memory the node used, as the engine tells it every second. */
function watchMemory(runId: string): { stop: () => string } {
  let peak = 0;
  const timer = setInterval(() => {
    void memoryOf(nodeName(runId)).then((usage) => {
      const [, amount = '0', unit] = /^([\d.]+)(GiB|MiB)/.exec(usage) ?? [];
      peak = Math.max(peak, Number(amount) * (unit === 'GiB' ? 1024 : 1));
    });
  }, deadline('refresh'));
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return `${peak.toFixed(0)} MiB`;
    },
  };
}

async function sizes(lab: Lab): Promise<[string, number][]> {
  const images = [...new Set(lab.components.flatMap(({ image }) => image ?? []))];
  const inspected = await Promise.all(
    images.map(async (image): Promise<[string, number]> => {
      const [known] = await inspectImages([image]);
      return [`image ${image}`, known?.Size ?? 0];
    }),
  );
  const archives = lab.archives.map((path): [string, number] => [
    `archive ${path.split('/').at(-1) ?? ''}`,
    statSync(path).size,
  ]);
  return [...inspected, ...archives];
}
