// What stands behind `password:` or `--token` and is no secret, in prose, in help texts and in manifests.

const list = (words: string) => new Set(words.split(/\s+/));

const NO_SECRETS = list(
  `null nil none undefined true false yes no on off required optional expired invalid missing empty unset unknown
  incorrect wrong rejected denied disabled enabled string strings str bytes int bool boolean strict cacerts
  istio-ca-secret istio-ca-root-cert`,
);
/** How a sentence goes on. */
const SENTENCE = list(
  `a an and are as at be but by can cannot could do does flag flags for from has have if in is it its may might must not
  of or option options parameter argument should so that the then there this to was were when which who will with would
  you your`,
);
/** Stands for a value: a mask, a placeholder of a usage text, a reference to a variable or a template. */
const STAND_INS = [
  ...[/[^A-Za-z0-9]{1,3}/, /\*+/, /[xX]{3,}/, /\.{3,}/, /-+/],
  ...[/<[^<>]{0,80}>.*/, /<[A-Za-z-]+/, /\{\{.*/, /\$\{.*/, /\$\(.*/, /\$[A-Z][A-Z_]{2,}/, /%[A-Z_]+%/],
];
const STAND_IN = new RegExp(`^(?:${STAND_INS.map(({ source }) => source).join('|')})$`, 's');

/** Whether `value` says that there is none, or stands for one. */
export function isNoSecret(value: string): boolean {
  return STAND_IN.test(value) || NO_SECRETS.has(wordOf(value));
}

/** Whether a sentence goes on with `value`. */
export const isSentence = (value: string) => SENTENCE.has(wordOf(value));

const wordOf = (value: string) => value.toLowerCase().replace(/[.,;:!?]$/, '');

/** A word of a sentence, by its letters. */
export const isWord = (value: string) => /^[A-Za-z][a-z]*[.,;:!?)]?$/.test(value);

/** What a name such as `password` stands behind. */
export type Lead = 'line' | 'bracket' | 'sentence' | 'path';

/**
 * Tells a field from a word of a sentence: whether the name around `at` starts a line (real or escaped, indented, quoted
 * by a log or in a list), comes behind a bracket, quote or comma, or behind other words; or ends a path.
 */
export function leadOf(text: string, at: number): Lead {
  const before = text.slice(Math.max(0, at - 120), at);
  const lead = before.replace(/[\w.-]*$/, '');
  const name = before.slice(lead.length);
  if (lead.endsWith('\\') && /^[nrt]/.test(name)) return 'line';
  if (/(?:^|[\r\n]|\\[nrt])[\s|>+*-]*$/.test(lead)) return lead === '' && before.length < at ? 'sentence' : 'line';
  const last = lead.trimEnd().slice(-1);
  if (last === '/') return 'path';
  return /["'{}[\],;&?<>|=]/.test(last) ? 'bracket' : 'sentence';
}
