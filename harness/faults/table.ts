import { isSame } from './listing.ts';
import type { Trial } from './trial.ts';

const HEAD = `# Killed, refused and cut off

Runs in clusters that hold somebody's things, each hit at another of its calls to the API server, then \`down\` by what the
cluster itself knows. What everything in the cluster is afterwards is held against what it was before, object for object,
by UID and by what each says. Made by \`npm run faults -- --write\`; the short form is part of \`npm test\`.

`;

/** What became of each, as Markdown: the fault, the call it happened at, how run and \`down\` ended, what is different. */
export function faultTable(trials: readonly Trial[]): string {
  const rows = trials.map(({ world, plan, calls, call = 'never came', ended, down, ...difference }) => {
    const at = plan === undefined ? '–' : String(plan.at);
    const which = plan === undefined ? `${calls} calls` : `\`${call}\``;
    const cells = [world, plan?.fault ?? 'none', at, which, ended, String(down)];
    return `| ${[...cells, list(difference.leftOver), list([...difference.lost, ...difference.changed])].join(' | ')} |`;
  });
  const hit = trials.filter(({ plan, call }) => plan !== undefined && call !== undefined).length;
  const whole = trials.filter((trial) => isSame(trial) && trial.down === 0).length;
  return [
    `${HEAD}${hit} runs were hit; after ${whole} of all ${trials.length} everything was as before.`,
    '',
    '| world | fault | at call | which was | the run ended with | down | left over | lost or changed |',
    '|---|---|---:|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const list = (names: readonly string[]): string => (names.length === 0 ? '–' : names.join(', '));
