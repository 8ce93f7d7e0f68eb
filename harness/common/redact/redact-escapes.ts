import { ENCODED_PLACEHOLDER, type Judge } from './encoded.ts';
import { BACKSLASHES, ESCAPED_BREAK, TURNS } from './redact-breaks.ts';

/** A way to write any character as several. */
interface Escaping {
  /** Values in which some characters may be escaped. */
  run: RegExp;
  /** What has to be in a value before it is worth decoding. */
  escape: RegExp;
  decode: (run: string) => string;
}

// What keys and tokens are made of; blanks only where a PEM marker has them.
const MARKER_BLANK = ' (?=(?:[A-Z0-9]{2,9} )?PRIVATE|KEY)';
const PLAIN = String.raw`[\w.~+/=-]|${MARKER_BLANK}`;
const HEX = '[0-9a-fA-F]';
const runOf = (...alternatives: string[]) => new RegExp(`(?:${alternatives.join('|')}){20,${TURNS}}`, 'g');
const fromHex = (digits: string) => String.fromCharCode(Number.parseInt(digits, 16));

const PERCENT: Escaping = {
  run: runOf(PLAIN, `%${HEX}{2}`),
  escape: /%/,
  decode: (run) => run.replace(/%(..)/g, (_escape, digits: string) => fromHex(digits)),
};

const BACKSLASH: Escaping = {
  run: runOf(PLAIN, String.raw`${BACKSLASHES}(?:u${HEX}{4}|x${HEX}{2}|[0-7]{3}|[nrt/])`),
  escape: /\\(?:u00|x|[0-7]{3}|\/)/,
  decode: (run) =>
    run
      .replace(/\\{1,16}(?:u(.{4})|x(..))/g, (_escape, long?: string, short?: string) => fromHex(long ?? short ?? ''))
      .replace(/\\{1,16}([0-7]{3})/g, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
      .replace(/\\{1,16}\//g, '/'),
};

const NAMES = new Map(Object.entries({ plus: '+', sol: '/', equals: '=', hyphen: '-', dash: '-', lowbar: '_' }));
const MARKS = new Map(Object.entries({ NewLine: '\n', nbsp: ' ', quot: '"', apos: "'", period: '.', colon: ':' }));
const ENTITY = /&(?:amp;)?(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\w{2,8}));|<[bB][rR] ?\/?>/g;

const ENTITIES: Escaping = {
  run: runOf(String.raw`[^\s<>&"']`, MARKER_BLANK, ENTITY.source.replaceAll(/\((?!\?)/g, '(?:')),
  escape: /&/,
  decode: (run) =>
    run.replace(ENTITY, (_entity, decimal?: string, hex?: string, name?: string) => {
      if (decimal !== undefined) return String.fromCharCode(Number(decimal));
      if (hex !== undefined) return fromHex(hex);
      return name === undefined ? '\n' : (NAMES.get(name) ?? MARKS.get(name) ?? ' ');
    }),
};

const QUOTED_PRINTABLE: Escaping = {
  run: runOf(String.raw`[\w.~+/\\-]`, MARKER_BLANK, String.raw`=(?:${HEX}{2}|\r?\n)?`),
  escape: /=(?:\r?\n|[0-9A-F]{2})/,
  decode: (run) => run.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_escape, digits: string) => fromHex(digits)),
};

/**
 * Decodes every value of `text` that has characters in percent-encoding, as escapes of JSON or C, or as HTML entities,
 * and replaces those that `isSecret`. Comes before anything that takes the plain letters between for themselves.
 */
export function hideEscaped(text: string, isSecret: Judge): string {
  let result = text;
  if (result.includes('%')) result = hide(result, PERCENT, isSecret);
  if (result.includes('\\')) result = hide(result, BACKSLASH, isSecret);
  return result.includes('&') ? hide(result, ENTITIES, isSecret) : result;
}

/** The same for quoted-printable (RFC 2045), which a base64 value's last `=` resembles: comes after what knows those. */
export function hideQuotedPrintable(text: string, isSecret: Judge): string {
  return text.includes('=') ? hide(text, QUOTED_PRINTABLE, isSecret) : text;
}

// What only joins lines is read as it is, so that a key in them is called one.
const BREAKS = new RegExp(ESCAPED_BREAK, 'g');

function hide(text: string, { run, escape, decode }: Escaping, isSecret: Judge): string {
  return text.replace(run, (value) =>
    escape.test(value.replace(BREAKS, '')) && isSecret(decode(value)) ? ENCODED_PLACEHOLDER : value,
  );
}

// UTF-16 and UTF-32 of ASCII, in either byte order, and what JSON and YAML make of it.
const NUL = String.raw`(?:\0|${BACKSLASHES}(?:u0000|x00|0))`;
const CHARACTER = String.raw`(?:[^\0\\]|${BACKSLASHES}["/nrt])`;
const SPACED = new RegExp(`${CHARACTER}(?:${NUL}{1,3}${CHARACTER}){16,${TURNS}}${NUL}{0,3}`, 'g');
const NULS = new RegExp(NUL, 'g');

/** Text in which NULs stand between the characters: without them where `redact` finds something, as it is elsewhere. */
export function redactBetweenNuls(text: string, redact: (text: string) => string): string {
  if (!/\0|\\(?:0|u0000|x00)/.test(text)) return text;
  return text.replace(SPACED, (run) => {
    const plain = run.replace(NULS, '');
    const result = redact(plain);
    return result === plain ? run : result;
  });
}
