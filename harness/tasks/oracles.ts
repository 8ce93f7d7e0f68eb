import { Command } from 'commander';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { atLeastOne } from '../cli/option-values.ts';
import { exitCodeOf, messageOf } from '../common/errors.ts';
import { ROOT } from '../common/paths.ts';
import { Session } from '../run/session.ts';
import { ensurePip, ORACLES } from '../supply/source/envoy.ts';
import { print } from '../common/terminal.ts';

/** `npm run oracles`: holds the rule books of Envoy and Go against the programs themselves, in many worlds. */
const program = new Command('oracles')
  .description('ask real Envoys and Go about generated hierarchies: each must say what the judges say')
  .option('--worlds <count>', 'how many hierarchies', atLeastOne, 2_000)
  .option('--seed <number>', 'which ones; a run prints its own', atLeastOne);

try {
  const { worlds, seed = randomInt(1, 1_000_000_000) } = program.parse().opts<{ worlds: number; seed?: number }>();
  {
    await using session = new Session();
    await ensurePip(Object.values(ORACLES), session.progress, session.signal);
  }
  console.log(`${worlds} worlds, seed ${seed}`);
  const words = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'oracle', '--reporter', 'verbose'];
  const env = { ...process.env, MESHTRUST_WORLDS: String(worlds), MESHTRUST_SEED: String(seed) };
  const child = spawn(process.execPath, words, { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
} catch (error) {
  process.exitCode = exitCodeOf(error);
  print(process.stderr, messageOf(error));
} finally {
  if (process.connected) process.disconnect();
}
