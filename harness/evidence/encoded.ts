/** What stands in a text where an encoded secret stood. */
export const ENCODED_PLACEHOLDER = '[redacted encoded secret]';

const CHAR = '[A-Za-z0-9+/_-]';
const LONG = 20;
// Between two lines of one wrapped value: quotes, commas, the break (real or escaped), indentation or a log's `|`.
// A shell's unquoted `echo $KEY` leaves a blank instead.
const BETWEEN = String.raw`(?:[ \t"',]*(?:[\r\n]|\\+[rn])(?:[\s|>"']|\\+[rn])*| (?=${CHAR}{${LONG}}))`;
const LINE_END = String.raw`(?!${CHAR}|[=:]|\.\w|[ \t]+(?!${CHAR}{${LONG}})\S)`;
const BASE64 = new RegExp(`${CHAR}{${LONG},}={0,2}(?:${BETWEEN}${CHAR}+={0,2}${LINE_END})*`, 'g');
// openssl separates by colons and wraps; a word that happens to begin like hex is no continuation.
const HEX = /(?<![g-z])[0-9a-f]{2}(?::?[0-9a-f]|:?[\s|>"']+(?=[0-9a-f:]+(?!\w))[0-9a-f]){38,}/gi;
const URL_ENCODED = /(?:[\w.~+/=-]|%[0-9a-f]{2}){20,}/gi;

type Judge = (bytes: string) => boolean;

/**
 * Decodes every value of `text` that may be base64 (both alphabets, wrapped or not, cut at either end) or hex, and
 * replaces those of whose bytes (a Latin-1 string) `isSecret` says so with {@link ENCODED_PLACEHOLDER}.
 */
export function hideEncoded(text: string, isSecret: Judge): string {
  return text.replace(HEX, hideIf(isSecret, hexDecodings)).replace(BASE64, hideIf(isSecret, base64Decodings));
}

/** The same for percent-encoded values; comes before anything that takes the plain letters between for themselves. */
export function hideUrlEncoded(text: string, isSecret: Judge): string {
  return text.includes('%') ? text.replace(URL_ENCODED, hideIf(isSecret, urlDecodings)) : text;
}

function hideIf(isSecret: Judge, decodings: (run: string) => string[]): (run: string) => string {
  return (run) => (decodings(run).some(isSecret) ? ENCODED_PLACEHOLDER : run);
}

/** Four of them: a value cut at its front, or behind a name with letters, starts anywhere in a group of four. */
function base64Decodings(run: string): string[] {
  const characters = run.replace(/\\+[rn]|[^A-Za-z0-9+/_-]/g, '');
  return [0, 1, 2, 3].map((cut) => Buffer.from(characters.slice(cut), 'base64').toString('latin1'));
}

function hexDecodings(run: string): string[] {
  const digits = run.replace(/[^0-9a-f]/gi, '');
  return [0, 1].map((cut) => Buffer.from(digits.slice(cut), 'hex').toString('latin1'));
}

function urlDecodings(run: string): string[] {
  if (!run.includes('%')) return [];
  return [run.replace(/%(..)/g, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))];
}
