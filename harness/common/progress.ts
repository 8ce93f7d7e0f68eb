import ora from 'ora';
import { deadline } from './deadlines.ts';
import { harmless, print } from './terminal.ts';

export interface Phase {
  name: string;
  /** Milliseconds since the epoch. */
  started: number;
  /** Milliseconds. */
  duration: number;
  outcome: 'done' | 'failed';
}

/**
 * Shows what is going on, with elapsed time, and keeps the phases for the report. On a terminal a spinner; elsewhere
 * one line at the start, one at the end, and a heartbeat between. Names and details may quote others.
 */
export class Progress {
  readonly phases: Phase[] = [];

  /** Runs one phase; `work` may refine the text as it goes on. */
  async phase<T>(name: string, work: (say: (detail: string) => void) => Promise<T>): Promise<T> {
    const started = Date.now();
    const line = startLine(name, started);
    const end = (outcome: Phase['outcome']) => {
      line.end(outcome);
      this.phases.push({ name, started, duration: Date.now() - started, outcome });
    };
    try {
      const result = await work(line.say);
      end('done');
      return result;
    } catch (error) {
      end('failed');
      throw error;
    }
  }

  note(text: string): void {
    print(process.stderr, ['dim', `  ${text}`]);
  }
}

interface Line {
  say: (detail: string) => void;
  end: (outcome: Phase['outcome']) => void;
}

// Two phases may run side by side (supply); only one spinner owns the terminal, the other prints lines.
let spinnerBusy = false;

function startLine(name: string, started: number): Line {
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  if (process.stderr.isTTY && !spinnerBusy) {
    spinnerBusy = true;
    let detail = '';
    // discardStdin off: ora would put the terminal in raw mode and swallow Ctrl-C.
    const spinner = ora({ text: harmless(name), stream: process.stderr, discardStdin: false }).start();
    const show = () => (spinner.text = harmless(`${name}${detail && ` — ${detail}`} (${seconds()})`));
    const timer = setInterval(show, deadline('refresh'));
    return {
      say: (text) => {
        detail = text;
        show();
      },
      end: (outcome) => {
        clearInterval(timer);
        spinner[outcome === 'done' ? 'succeed' : 'fail'](harmless(`${name} (${seconds()})`));
        spinnerBusy = false;
      },
    };
  }
  let detail = '';
  print(process.stderr, ['cyan', '▸'], ` ${name}`);
  const timer = setInterval(() => {
    print(process.stderr, `  ${name}${detail && ` — ${detail}`} (${seconds()})`);
  }, deadline('heartbeat'));
  timer.unref();
  return {
    say: (text) => (detail = text),
    end: (outcome) => {
      clearInterval(timer);
      print(process.stderr, outcome === 'done' ? ['green', '✔'] : ['red', '✖'], ` ${name} (${seconds()})`);
    },
  };
}
