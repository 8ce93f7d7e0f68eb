import { createPrivateKey } from 'node:crypto';
import { ESCAPED_BREAK } from './redact-breaks.ts';
import { MIXED, withoutLeadingBody, withoutTrailingBody } from './redact-cut-keys.ts';

/** What stands in a text where a private key stood. */
export const KEY_PLACEHOLDER = '[redacted private key]';

// Spaces may have become `+` in a form; SSH2 keys have four dashes, PGP keys say BLOCK.
const marker = (word: string) => String.raw`-{4,5} ?${word}[ +A-Z0-9]*PRIVATE[ +]KEY(?: BLOCK)? ?-{4,5}`;
const BASE64 = '[A-Za-z0-9+/=]';

const END = new RegExp(marker('END'), 'g');
const WHOLE = new RegExp(String.raw`${marker('BEGIN')}(?:(?!-----BEGIN)[\s\S])*?${marker('END')}`, 'g');

/**
 * A block that lost its end: its header lines and whatever follows and still looks like the lines of its body. A date
 * that a line of a log starts with does not.
 */
const HEAD = new RegExp(
  String.raw`${marker('BEGIN')}(?:(?:[\s|>"',]|${ESCAPED_BREAK}|\\{1,16}t)*` +
    String.raw`(?:Proc-Type:[ +]?\d,[A-Z]+|DEK-Info:[ +]?[\w-]+,[\dA-F]*|${BASE64}{16,}|${MIXED}(?!:|[.-]\w)|${BASE64}+(?!${BASE64}|:|[.-]\w|[ \t]+\S)))*`,
);

/** Replaces every PEM private key that is complete, whatever is between its first and its last line. */
export function hideWholeKeys(text: string): string {
  return text.includes('PRIVATE') ? text.replace(WHOLE, KEY_PLACEHOLDER) : text;
}

/**
 * Replaces every PEM private key (PKCS#1, PKCS#8, EC, encrypted, OpenSSH, PGP) with {@link KEY_PLACEHOLDER}: also
 * indented, quoted, with escaped line breaks, or with its first or last lines cut off. Certificates stay.
 */
export function hidePrivateKeys(text: string): string {
  if (!text.includes('PRIVATE')) return text;
  const [before = '', ...afterBegin] = hideWholeKeys(text).split(HEAD);
  const whole = [before, ...afterBegin.map(withoutLeadingBody)].join(KEY_PLACEHOLDER);
  const parts = whole.split(END);
  const last = parts.pop() ?? '';
  return [...parts.map(withoutTrailingBody), last].join(KEY_PLACEHOLDER);
}

/**
 * The bytes that make the PEM private keys in `text` private: exponents, primes, scalars, never the modulus or point
 * that a certificate shows as well. Of a key that Node cannot read (encrypted, for one) everything behind the
 * algorithm's parameters. Empty when there is no complete private key.
 */
export function privateBytes(text: string): Buffer[] {
  return [...text.matchAll(WHOLE)].flatMap(([block]) => {
    try {
      const jwk = createPrivateKey(block).export({ format: 'jwk' });
      const parts = [jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi];
      return parts.filter((part) => part !== undefined).map((part) => Buffer.from(part, 'base64url'));
    } catch {
      const body = block.split('\n').filter((line) => !/[:-]/.test(line));
      return [Buffer.from(body.join(''), 'base64').subarray(ALGORITHM_BYTES)];
    }
  });
}

/** PBES2 parameters with salt and IV: their object identifiers stand in every certificate too. */
const ALGORITHM_BYTES = 96;
