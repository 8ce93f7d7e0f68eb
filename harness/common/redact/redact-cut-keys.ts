import { ESCAPED_BREAK } from './redact-breaks.ts';

// What is left of a PEM body whose BEGIN or END line was cut off, as `head`, `tail` and a log's limit do it.

/** So long are the lines of a body, but for the last, and few of the words that a log ends its lines with. */
const FULL_LINE = 40;
const LONG_WORD = 16;

const LINE_BREAK = new RegExp(String.raw`(\r?\n|${ESCAPED_BREAK})`);
/** Of keys that are encrypted as OpenSSL once did it; an empty line follows. */
const HEADER = /\b(?:Proc-Type|DEK-Info):/;
/** One line of a body, however quoted or indented; matches an empty line too. */
const BODY_LINE = /^[\s|>"',\\]*(?:(?:Proc-Type|DEK-Info):.*|(?:[A-Za-z0-9+/=]+[\s"',]*)?)$/;
const BASE64 = /[A-Za-z0-9+/=]/;
/** Source of what begins with eight or more capitals, small letters and digits, some of each, as no word has them. */
export const MIXED = String.raw`(?=[A-Za-z+/=]*\d)(?=[a-z\d+/=]*[A-Z])(?=[A-Z\d+/=]*[a-z])[A-Za-z\d+/=]{8,}`;
const STARTS_MIXED = new RegExp(`^${MIXED}`);
/** What may stand between a word and the end of its line. */
const CLOSING = /[\s"'\\)\]},;]/;

/** Where a word of base64 is in its line. */
interface Word {
  start: number;
  end: number;
}

/** `text`, which ended in an END line, without the body before that. */
export function withoutTrailingBody(text: string): string {
  const lines = text.split(LINE_BREAK); // line, break, line, …
  const lineAt = (at: number) => lines[at] ?? '';
  const last = lines.length - 1;
  let first = last;
  if (BODY_LINE.test(lineAt(last))) {
    while (first >= 2 && BODY_LINE.test(lineAt(first - 2))) first -= 2;
  } else {
    // Lines of a log, with its own words before the key's. The last one of a body may be short.
    if (endsIn(1, lineAt(last - 2)) && endsIn(LONG_WORD, lineAt(last - 4))) first -= 2;
    while (first >= 2 && endsIn(first === last ? LONG_WORD : FULL_LINE, lineAt(first - 2))) first -= 2;
  }
  if (first >= 2 && cutWord(lineAt(first - 2), first === last ? undefined : lineAt(first)) !== undefined) first -= 2;
  const line = lineAt(first);
  const prefix = first === last ? withoutLastWords(line) : line.slice(0, lastWord(line, line.length).start);
  return [...lines.slice(0, first), BODY_LINE.test(line) ? '' : prefix].join('');
}

/** `text`, which came after a BEGIN line, without the lines of the body that a log wrote its own words before. */
export function withoutLeadingBody(text: string): string {
  const lines = text.split(LINE_BREAK);
  const lineAt = (at: number) => lines[at] ?? '';
  let last = 0;
  while (HEADER.test(lineAt(last + 2))) last += 2;
  if (last > 0 && endsIn(FULL_LINE, lineAt(last + 4))) last += 2;
  while (endsIn(FULL_LINE, lineAt(last + 2))) last += 2;
  const cut = cutWord(lineAt(last + 2), last === 0 ? undefined : lineAt(last));
  if (cut !== undefined) return [lines[0], lineAt(last + 2).slice(cut.end), ...lines.slice(last + 3)].join('');
  return last === 0 ? text : [lines[0], ...lines.slice(last + 1)].join('');
}

/**
 * What is left of a body in the line that was cut. It may be short: then what tells it from the log's own words is that
 * it is no word, or starts where the key does in `full`, the line beside it.
 */
function cutWord(line: string, full?: string): Word | undefined {
  const word = lastWord(line, line.length);
  const column = full === undefined ? -1 : lastWord(full, full.length).start;
  if (isOfKey(line, word) || (word.start === column && /[^a-z]/.test(line.slice(word.start, word.end)))) return word;
  let end = column;
  while (end >= 0 && BASE64.test(line.charAt(end))) end++;
  return isOfKey(line, { start: column, end }) ? { start: column, end } : undefined;
}

const isOfKey = (line: string, { start, end }: Word) =>
  end - start >= LONG_WORD || STARTS_MIXED.test(line.slice(start, end));

function endsIn(length: number, line: string): boolean {
  const { start, end } = lastWord(line, line.length);
  return end - start >= length;
}

/** `line` without the words of a key, and a short one behind them, that it ends in. */
function withoutLastWords(line: string): string {
  let word = lastWord(line, line.length);
  const { end } = word;
  if (!isOfKey(line, word)) word = lastWord(line, word.start);
  let cut = line.length;
  while (isOfKey(line, word)) {
    cut = word.start;
    word = lastWord(line, word.start);
  }
  return cut === line.length ? line : line.slice(0, cut) + line.slice(end);
}

/** The last word before `limit`; empty if something else is there. */
function lastWord(line: string, limit: number): Word {
  let end = limit;
  while (end > 0 && CLOSING.test(line.charAt(end - 1))) end--;
  let start = end;
  while (start > 0 && BASE64.test(line.charAt(start - 1))) start--;
  return { start, end };
}
