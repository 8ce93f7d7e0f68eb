import { readdirSync, readFileSync } from 'node:fs';
import { deadline } from '../../common/deadlines.ts';

/** A look-out for words that must be in nobody's command line, which every user of a machine may read. */
export interface CommandLines extends Disposable {
  /** The command lines that had one of the words, each once. */
  readonly seen: ReadonlySet<string>;
}

/** Looks at all processes of this machine, those in containers too, again and again. On Linux. */
export function watchCommandLines(words: readonly string[]): CommandLines {
  const seen = new Set<string>();
  const look = () => {
    for (const line of commandLines()) if (words.some((word) => line.includes(word))) seen.add(line);
  };
  const timer = setInterval(look, deadline('poll'));
  return { seen, [Symbol.dispose]: () => clearInterval(timer) };
}

function commandLines(): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.flatMap((id) => {
    try {
      return [readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      return []; // it has ended
    }
  });
}
