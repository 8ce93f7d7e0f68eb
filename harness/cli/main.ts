import { CommanderError } from 'commander';
import { EXIT, exitCodeOf, failureOf } from '../common/errors.ts';
import { program } from './program.ts';
import { print } from '../common/terminal.ts';

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
} finally {
  // The channel to the bootstrap would keep an idle process alive.
  if (process.connected) process.disconnect();
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.conformant : EXIT.usage;
  const code = exitCodeOf(error);
  const failure = failureOf(error);
  const text =
    failure !== undefined
      ? failure.message
      : `A bug of meshtrust's own. Please report it:\n${String(error instanceof Error ? error.stack : error)}`;
  print(process.stderr, ['red', 'meshtrust:'], ` ${text}`);
  return code;
}
