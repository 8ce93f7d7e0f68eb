// How `meshtrust audit` grows with the number of proxies: seconds, seconds per proxy and peak memory of the auditor.
// The cluster is none: its API, its Envoys' and istiods' answers are made on the spot, with real certificates, by this
// process, and go to the auditor, a process of its own, through Kubernetes' port-forward protocol over TLS on loopback.
import { Command } from 'commander';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { loopbackMesh } from '../audit/testing/mesh.ts';
import { openLoopback } from '../audit/testing/open.ts';
import { EXIT, exitCodeOf, lastLines, messageOf } from '../common/errors.ts';
import { atLeastOne } from '../cli/option-values.ts';
import { ROOT } from '../common/paths.ts';
import { print } from '../common/terminal.ts';

interface Measured {
  seconds: number;
  /** Of processor time, which a busy machine does not stretch. */
  cpuSeconds: number;
  /** Most of the auditor's memory that was resident at a time. */
  peakMiB: number;
}

/** Says at its end what it took (getrusage: KiB and microseconds). */
const TELL_USAGE =
  'data:text/javascript,' +
  "process.on('exit',()=>{const u=process.resourceUsage();" +
  "process.stderr.write(['used',u.maxRSS,u.userCPUTime+u.systemCPUTime].join(' '))})";

const WIDTHS = [7, 7, 12, 11, 8];

const program = new Command('bench-audit')
  .description('measure audit against answers served over loopback')
  .option('--proxies <count...>', 'sizes of the cluster', ['10', '50', '200', '2000'])
  .option('--rounds <count>', 'how often each is measured; the median counts', atLeastOne, 3);

try {
  const { proxies, rounds } = program.parse().opts<{ proxies: string[]; rounds: number }>();
  await bench(proxies.map(Number), rounds);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  print(process.stderr, messageOf(error));
} finally {
  if (process.connected) process.disconnect();
}

async function bench(sizes: readonly number[], rounds: number): Promise<void> {
  console.log(
    'Answers made on the spot, served over loopback through port-forwards; the auditor is a process of its own.',
  );
  console.log('proxies  seconds  ms per proxy  CPU seconds  peak MiB');
  for (const size of sizes) {
    // A gateway, and twenty sidecars a namespace.
    await using loopback = await openLoopback(
      await loopbackMesh({ sidecars: size - 1, namespaces: Math.ceil(size / 20) }),
    );
    const runs: Measured[] = [];
    for (let round = 0; round < rounds; round++) runs.push(await measure(loopback.kubeconfig));
    const middle = (field: keyof Measured) => median(runs.map((run) => run[field]));
    const perProxy = ((middle('seconds') / size) * 1000).toFixed(0);
    const figures = [
      middle('seconds').toFixed(2),
      perProxy,
      middle('cpuSeconds').toFixed(2),
      middle('peakMiB').toFixed(0),
    ];
    console.log([String(size), ...figures].map((cell, at) => cell.padStart(WIDTHS[at] ?? 0)).join('  '));
  }
}

/** One audit in a process of its own, from its start to its end. */
async function measure(kubeconfig: string): Promise<Measured> {
  const command = [
    '--import',
    TELL_USAGE,
    join(ROOT, 'harness', 'cli', 'main.ts'),
    'audit',
    '--kubeconfig',
    kubeconfig,
  ];
  const started = performance.now();
  const child = spawn(process.execPath, [...command, '-o', 'json'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - started) / 1000;
  // The loopback's planes have no root in common.
  if (code !== EXIT.claimFailed) throw new Error(`audit ended with ${String(code)}:\n${lastLines(said, 9).join('\n')}`);
  const [, kib, microseconds] = /used (\d+) (\d+)/.exec(said) ?? [];
  return { seconds, cpuSeconds: Number(microseconds) / 1e6, peakMiB: Number(kib) / 1024 };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
