import { ESCAPED_BREAK, LINE_JOIN, TURNS } from './redact-breaks.ts';

/** What stands in a text where an encoded secret stood. */
export const ENCODED_PLACEHOLDER = '[redacted encoded secret]';

/** Whether bytes, as a Latin-1 string, hold a secret. */
export type Judge = (bytes: string) => boolean;

const CHAR = '[A-Za-z0-9+/_-]';
const LONG = 20;
// A shell's unquoted `echo $KEY` leaves a blank where a line break was.
const BETWEEN = `(?:${LINE_JOIN}| (?=${CHAR}{${LONG}}))`;
const LINE_END = String.raw`(?!${CHAR}|[=:]|\.\w|[ \t]+(?!${CHAR}{${LONG}})\S)`;
// The last line may have words behind it; then it is padded, or no word itself.
const NO_WORD = String.raw`(?=[A-Za-z+/_-]*\d)(?=[a-z0-9+/_-]*[A-Z])(?=[A-Z0-9+/_-]*[a-z])${CHAR}{8,}(?!${CHAR}|[=:]|\.\w)`;
const LINE = `(?:${CHAR}+={0,2}${LINE_END}|${NO_WORD}|${CHAR}+={1,2}(?![\\w=]))`;
const BASE64 = new RegExp(`${CHAR}{${LONG}}${CHAR}*={0,2}(?:${BETWEEN}${LINE})*`, 'g');
// openssl separates by colons and wraps; a word that happens to begin like hex is no continuation.
const HEX = new RegExp(
  String.raw`(?<![g-z])[0-9a-f]{2}(?::?[0-9a-f]|:?(?:[\s|>"']|${ESCAPED_BREAK}){1,80}(?=[0-9a-f:]+(?!\w))[0-9a-f]){38,${TURNS}}`,
  'gi',
);
const BASE32 = new RegExp(`[A-Z2-7]{32}[A-Z2-7]*={0,6}(?:${LINE_JOIN}[A-Z2-7]+={0,6}(?!\\w))*`, 'g');
// How Go prints a slice of bytes, and JSON a Buffer of Node's.
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|\d{1,2})(?!\d)`;
const NUMBERS = new RegExp(String.raw`(?<![\d.])${BYTE}(?:[\s,]{1,40}(?:- )?${BYTE}){19,${TURNS}}`, 'g');

/**
 * Decodes every value of `text` that may be base64 (both alphabets), base32 or hex, wrapped or not, cut at either end,
 * or a list of bytes, and replaces those of whose bytes `isSecret` says so with {@link ENCODED_PLACEHOLDER}.
 */
export function hideEncoded(text: string, isSecret: Judge): string {
  return text
    .replace(NUMBERS, hideIf(isSecret, numbers))
    .replace(HEX, hideIf(isSecret, hexDecodings))
    .replace(BASE32, hideIf(isSecret, base32Decodings))
    .replace(BASE64, hideIf(isSecret, base64Decodings));
}

function hideIf(isSecret: Judge, decodings: (run: string) => Iterable<string>): (run: string) => string {
  // The names of things recur in every line of a log.
  const seen = new Map<string, string>();
  return (run) => {
    const result = seen.get(run) ?? hide(run, decodings(run), isSecret);
    seen.set(run, result);
    return result;
  };
}

function hide(run: string, decodings: Iterable<string>, isSecret: Judge): string {
  for (const bytes of decodings) if (isSecret(bytes)) return ENCODED_PLACEHOLDER;
  return run;
}

const BREAKS = new RegExp(ESCAPED_BREAK, 'g');

/** Four of them: a value cut at its front, or behind a name with letters, starts anywhere in a group of four. */
function* base64Decodings(run: string): Iterable<string> {
  const characters = run.replace(BREAKS, '').replace(/[^A-Za-z0-9+/_-]/g, '');
  for (const cut of [0, 1, 2, 3]) yield Buffer.from(characters.slice(cut), 'base64').toString('latin1');
}

function* hexDecodings(run: string): Iterable<string> {
  const digits = run.replace(BREAKS, '').replace(/[^0-9a-f]/gi, '');
  for (const cut of [0, 1]) yield Buffer.from(digits.slice(cut), 'hex').toString('latin1');
}

/** Eight: base32 goes by groups of so many. */
function* base32Decodings(run: string): Iterable<string> {
  if (!/[2-7]/.test(run) || !/[A-Z]/.test(run)) return;
  const letters = run.replace(BREAKS, '').replace(/[^A-Z2-7]/g, '');
  const values = Uint8Array.from(letters, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter));
  for (let cut = 0; cut < 8; cut++) yield fromFives(values.subarray(cut));
}

/** Bytes out of numbers of five bits each. */
function fromFives(values: Uint8Array): string {
  const bytes = Buffer.alloc(Math.floor((values.length * 5) / 8));
  let [bits, count, length] = [0, 0, 0];
  for (const value of values) {
    bits = ((bits << 5) | value) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes[length++] = bits >> count;
  }
  return bytes.toString('latin1');
}

function numbers(run: string): string[] {
  return [Buffer.from((run.match(/\d+/g) ?? []).map(Number)).toString('latin1')];
}
