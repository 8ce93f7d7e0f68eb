import { REMEDY_NAMES } from '../observations/remedies.ts';
import { type Trial, differences, isAsExpected } from './trial.ts';

/** A sabotage, live or forged, as a list of them shows it. */
export interface Described {
  name: string;
  breaks: string;
  red: readonly string[];
}

/** Sabotages and what each turns red, as Markdown. */
export function describeAll(sabotages: readonly Described[]): string {
  const rows = sabotages.map(({ name, breaks, red }) => `| \`${name}\` | ${breaks} | ${listed(red)} |`);
  return ['| sabotage | what it breaks | what goes red |', '|---|---|---|', ...rows].join('\n');
}

const listed = (red: readonly string[]) =>
  red.length === 0
    ? 'nothing'
    : shorten(red)
        .map((id) => `\`${id}\``)
        .join(', ');

/**
 * One line each: `✔ name  what went red`; below one that surprises, what was expected and what was said, below the
 * others what was said if that is asked for.
 */
export function renderTrials(trials: readonly Trial[], { reasons = false } = {}): string {
  const width = Math.max(0, ...trials.map(({ name }) => name.length));
  return trials
    .flatMap((trial) => [...trialLines(trial, width), ...(reasons && isAsExpected(trial) ? reasonLines(trial) : [])])
    .join('\n');
}

const reasonLines = ({ got }: Trial) => [...got].map(([id, said]) => `    ${id}: ${said.map(beginning).join('; ')}`);

function trialLines(trial: Trial, width: number): string[] {
  const red = shorten([...trial.got.keys()]).join(', ') || 'nothing';
  if (isAsExpected(trial)) return [`✔ ${trial.name.padEnd(width)}  ${red}`];
  const { unnoticed, falseAlarms } = differences(trial);
  return [
    `✖ ${trial.name.padEnd(width)}  ${red}`,
    `    expected: ${shorten(trial.expected).join(', ') || 'nothing'}`,
    ...unnoticed.map((id) => `    unnoticed by ${id}`),
    ...falseAlarms.map((id) => `    false alarm of ${id}: ${(trial.got.get(id) ?? []).map(beginning).join('; ')}`),
    ...(trial.trouble ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `    ${line}`),
  ];
}

/** A page that is not Bookinfo's is wrong in many ways; one is enough here. */
const beginning = (sentence: string) => (sentence.length > 300 ? `${sentence.slice(0, 300)}…` : sentence);

/** The same claim of several remedies in one: `trust.{manual,cert-manager}.chain`. */
function shorten(ids: readonly string[]): string[] {
  return ids.flatMap((id) => {
    const [profile, group, ...name] = id.split('.');
    const idOf = (remedy: string) => [profile, remedy, ...name].join('.');
    const remedies = REMEDY_NAMES.filter((remedy) => ids.includes(idOf(remedy)));
    if (remedies.length < 2 || !remedies.some((remedy) => remedy === group)) return [id];
    return group === remedies[0] ? [idOf(`{${remedies.join(',')}}`)] : [];
  });
}
