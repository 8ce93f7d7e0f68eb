import { $, type ProcessOutput, quote } from 'zx';
import { defined } from './defined.ts';
import { endOfWork } from './ending.ts';
import { environmentFailure, type FailureDetail } from './errors.ts';

/** Every process of a run carries its id here, so that a later run can find what a killed one left. */
export const RUN_MARKER = 'MESHTRUST_RUN';

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
  input?: string;
  /** Called with each line of standard output and standard error as it comes. */
  onLine?: (line: string) => void;
  /** The next step for a user when the command fails. */
  next?: string;
}

/** A command as one would type it into a shell. */
export const commandLine = (words: readonly string[]): string => words.map(quote).join(' ');

/** Runs a program to its end and returns its standard output; fails with what it printed. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await tryRun(command, options);
  if (output.exitCode === 0) return output.stdout;
  endOfWork(options.signal)?.throwIfAborted();
  const how = output.signal === null ? `exit code ${String(output.exitCode)}` : `signal ${output.signal}`;
  const detail: FailureDetail = { command: commandLine(command), evidence: output.stderr || output.stdout };
  if (options.next !== undefined) detail.next = options.next;
  throw environmentFailure(`${command[0] ?? ''} failed (${how})`, detail);
}

/** Like {@link run}, but hands back the outcome whatever it is. */
export async function tryRun(command: readonly string[], options: RunOptions = {}): Promise<ProcessOutput> {
  const signal = endOfWork(options.signal);
  signal?.throwIfAborted();
  const shell = $({
    quiet: true,
    nothrow: true,
    // A group of its own: Ctrl-C in a terminal reaches us, and it is for us to say who ends when.
    detached: true,
    // zx runs commands in bash, which takes Node's pipes for an ssh connection and, as the outermost shell, would read
    // the user's ~/.bashrc (bash(1), INVOCATION): the environment of a command would not be the one given here.
    env: { ...process.env, SHLVL: '1', ...options.env },
    ...defined({ cwd: options.cwd, signal, input: options.input }),
  });
  const child = shell`${command}`;
  if (options.onLine !== undefined) {
    const split = lineSplitter(options.onLine);
    child.stdout.on('data', split);
    child.stderr.on('data', split);
  }
  return await child;
}

/** Turns chunks into whole lines. */
function lineSplitter(onLine: (line: string) => void): (chunk: Buffer | string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString()).split(/[\n\r]/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  };
}
