import type { TrustGraph, VerdictCode } from '../../trust/graph/model.ts';
import type { ClaimStatus } from '../model.ts';

/** How something is shown; `open` is neither good nor bad. */
export type Tone = 'good' | 'bad' | 'open';

/** `unknown issuer` for `unknown-issuer`. */
export const verdictWords = (verdict: VerdictCode): string =>
  verdict === 'ca-flag-missing' ? 'CA flag missing' : verdict.replaceAll('-', ' ');

export const toneOf = (verdict: VerdictCode): Tone =>
  verdict === 'trusted' ? 'good' : verdict === 'not-seen' ? 'open' : 'bad';

/** What stands beside the colour of a verdict. */
export const mark = (verdict: VerdictCode): string => ({ good: '✔', bad: '✖', open: '?' })[toneOf(verdict)];

export const STATUS_WORDS: Record<ClaimStatus, { tone: Tone; mark: string; words: string }> = {
  failed: { tone: 'bad', mark: '✖', words: 'failed' },
  passed: { tone: 'good', mark: '✔', words: 'passed' },
  skipped: { tone: 'open', mark: '–', words: 'skipped' },
  notSupported: { tone: 'open', mark: '–', words: 'not supported' },
  notRun: { tone: 'open', mark: '–', words: 'not run' },
};

/** The first digits of a fingerprint: enough to tell two certificates apart by eye. */
export const short = (fingerprint: string): string => fingerprint.slice(0, 16);

/** `details, productpage, reviews ×3`; of more than `most` different labels the last ones are `12 more`. */
export function countedLabels(labels: readonly string[], most = 5): string {
  const counts = [...Map.groupBy(labels, (label) => label)];
  const shown = counts.slice(0, counts.length > most ? most - 1 : most);
  const rest = labels.length - shown.reduce((sum, [, same]) => sum + same.length, 0);
  const words = shown.map(([label, same]) => (same.length > 1 ? `${label} ×${same.length}` : label));
  return [...words, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/** What a person calls the ends of a conversation. */
export function namesIn(graph: TrustGraph): (ids: readonly string[]) => string {
  const labels = new Map(graph.nodes.map(({ id, label }) => [id, label]));
  return (ids) => countedLabels(ids.map((id) => labels.get(id) ?? id));
}

/** `1 claim`, `2 claims`; `plural` where an s does not do. */
export const counted = (number: number, noun: string, plural = `${noun}s`): string =>
  `${number} ${number === 1 ? noun : plural}`;

/** `85.2 kB`. */
export const size = (bytes: number): string => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

/** The beginning of a text that is longer than `most` characters. */
export const clip = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most).toWellFormed()} … (${text.length - most} more characters)` : text;
