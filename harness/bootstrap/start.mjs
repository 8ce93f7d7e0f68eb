#!/usr/bin/env node
// The door to everything: any Node ≥ 18, no node_modules needed. Usage: start.mjs COMMAND [ARGUMENT…]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNode } from './node.mjs';
import { BootstrapError, ROOT } from './paths.mjs';

const ENTRIES = {
  meshtrust: 'harness/cli/main.ts',
  test: 'harness/tasks/test.ts',
  bench: 'harness/tasks/bench.ts',
  'bench-audit': 'harness/tasks/bench-audit.ts',
  selftest: 'harness/tasks/selftest.ts',
  pins: 'harness/tasks/pins.ts',
  gate: 'harness/tasks/gate.ts',
  faults: 'harness/tasks/faults.ts',
  oracles: 'harness/tasks/oracles.ts',
};

function start() {
  const [, , command = 'meshtrust', ...rest] = process.argv;
  const entry = ENTRIES[command];
  if (entry === undefined) {
    process.stderr.write(`meshtrust: unknown entry '${command}'; one of: ${Object.keys(ENTRIES).join(', ')}\n`);
    process.exit(2);
  }
  const node = ensureNode();
  ensureDependencies(node);

  // The channel tells the child when this process is gone, however it went: it then cleans up and ends.
  const child = spawn(node, [join(ROOT, entry), ...rest], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`meshtrust: ${error.message}\n`);
    process.exit(3);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

try {
  start();
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`meshtrust: ${error.message}\n`);
  process.exit(3);
}
