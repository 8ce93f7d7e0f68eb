import { isRedacted } from './redact-placeholders.ts';

/** A value in a text and what is around it. */
export interface Value {
  text: string;
  /** Where the opening is, and where it ends and the value begins. */
  from: number;
  start: number;
  value: string;
  isQuoted: boolean;
  /** What the opening captured, but for the quote. */
  captures: readonly (string | undefined)[];
}

/** What comes in a secret's place, and where it ends if not with the value. */
export interface Verdict {
  placeholder: string;
  end?: number;
}

/** A quote, which may be escaped as in JSON in JSON. */
export const MARK = String.raw`\\{0,16}["']`;
/** Ends an opening: the value behind it may be in quotes. */
export const QUOTE = `(${MARK})?`;

/**
 * Replaces every value that an `opening` (global, {@link QUOTE} at its end) leads to if `judge` returns a verdict. A
 * value in quotes goes to the closing one, any other to the next blank, or to another name with a value behind a comma.
 */
export function hideValues(text: string, opening: RegExp, judge: (value: Value) => Verdict | undefined): string {
  let result = '';
  let done = 0;
  for (const match of text.matchAll(opening)) {
    if (match.index < done) continue;
    const start = match.index + match[0].length;
    const quote = match.at(-1);
    const value = quote === undefined ? bareValue(text, start) : quotedValue(text, start, quote);
    if (value === '' || isRedacted(value)) continue;
    const captures = match.slice(1, -1);
    const verdict = judge({ text, from: match.index, start, value, isQuoted: quote !== undefined, captures });
    if (verdict === undefined) continue;
    result += text.slice(done, start) + verdict.placeholder;
    done = verdict.end ?? start + value.length;
    if (quote === undefined && value.length >= JUDGED) done += matchAt(WORD, text, done).length;
  }
  return result + text.slice(done);
}

/** Enough of a value without quotes to tell what it is: it may go on for a megabyte, and others may begin in it. */
const JUDGED = 256;
// Stops before another name and its value, as in a query or a list; a placeholder's blank does not end a value.
const BARE = new RegExp(
  String.raw`(?:\[redacted [a-z ]{1,20}\]|(?![&;,]\s{0,40}[\w.-]{1,64}(?:${MARK})?[:=])(?:[^\s"'\\]|\\(?![nrtu"'\\]))){1,${JUDGED}}`,
  'y',
);
const WORD = /(?:[^\s"'\\]|\\(?![nrtu"'\\]))+/y;
const CLOSING = /[,;)\]}>]/;

function bareValue(text: string, start: number): string {
  const value = matchAt(BARE, text, start);
  // `<name>` stands for a value, and is none without its end.
  return /^[<[{]/.test(value) || value.length >= JUDGED ? value : withoutClosing(value);
}

function withoutClosing(value: string): string {
  let end = value.length;
  while (end > 0 && CLOSING.test(value.charAt(end - 1))) end--;
  return value.slice(0, end);
}

/** What is in quotes up to the closing one, which has no more backslashes than the opening one. */
export function quotedValue(text: string, start: number, quote: string): string {
  return matchAt(quoted(quote), text, start);
}

const QUOTED = new Map<string, RegExp>();

function quoted(quote: string): RegExp {
  const mark = quote.slice(-1);
  const doubled = mark === "'" ? "|''" : ''; // YAML
  const pattern = String.raw`(?:[^${mark}\\\r\n]+|\\+(?![${mark}\\])|\\{${quote.length},}${mark}${doubled})*`;
  const known = QUOTED.get(quote) ?? new RegExp(pattern, 'y');
  QUOTED.set(quote, known);
  return known;
}

// To where a comment, a string around the line, or the line begins or ends.
const REST = /(?:(?![ \t]#|\\{1,16}["nr]|["'][ \t]*[,}\]]|["']$)[^\r\n])*/my;

/** Where the word ends that a value without quotes is part of: the next blank or quote. */
export function endOfWord({ text, start }: Value): number {
  return start + withoutClosing(matchAt(WORD, text, start)).length;
}

/** Where the line ends that a value is in, with all its words. */
export function endOfLine({ text, start }: Value): number {
  return start + matchAt(REST, text, start).trimEnd().length;
}

function matchAt(pattern: RegExp, text: string, start: number): string {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0] ?? '';
}
