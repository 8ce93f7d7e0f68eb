import { hideEncoded } from './encoded.ts';
import { hidePrivateKeys, hideWholeKeys, privateBytes } from './pem.ts';
import { hideCookies } from './redact-cookies.ts';
import { holdsPrivateKey } from './redact-der.ts';
import { hideEscaped, hideQuotedPrintable, redactBetweenNuls } from './redact-escapes.ts';
import { hideFields } from './redact-fields.ts';
import { hidePrivateMembers } from './redact-jwk.ts';
import { SECRET_PLACEHOLDER } from './redact-placeholders.ts';
import { hideTokens } from './tokens.ts';
import { hideWrappedTokens } from './tokens-wrapped.ts';

/** So many bytes of a private number, in a row, give it away. Twice that is found wherever it starts. */
const WINDOW = 8;
/** Base64 in base64 in base64: a key in a Secret in a kubectl annotation, and one to spare. */
const DEPTH = 3;
/** What one secret hid of another shows in the second round at the latest. */
const ROUNDS = 4;
const SHORTEST_SECRET = 8;

/** What a decoded value has somewhere if it is text (UTF-16, perhaps), and hardly any of those decoded in vain. */
const LEGIBLE = /[\t\r\n -~]{8}|(?:[\t\r\n -~]\0{1,3}){8}/;

/** A word that every credential has in it or before it. */
const HINT = /token|pass|secret|key|auth|cookie|kty|eyJ|sha256~|bearer|:\/|:\\/i;

/**
 * Takes secrets out of text that is going to be kept: private keys in every form, tokens, passwords, cookies, and
 * whatever it was told of with {@link Redactor.know}, all of them also in base64, base32, hex, UTF-16 and escapes.
 * Certificates and public keys stay readable.
 */
export class Redactor {
  readonly #literals = new Set<string>();
  readonly #windows = new Set<string>();

  /**
   * Registers secret material of this run: PEM private keys (found by their private numbers, so that any line of them
   * is found in any encoding, while certificates with the same public key are not touched) or any other string.
   * Throws a RangeError for one of less than eight characters, which would blot out half of every text.
   */
  know(secret: string): void {
    const value = secret.trim();
    if (value.length < SHORTEST_SECRET)
      throw new RangeError(`a secret of ${value.length} characters can't be redacted`);
    const keys = privateBytes(value);
    for (const bytes of keys.map((key) => key.toString('latin1'))) {
      for (let at = 0; at + WINDOW <= bytes.length; at++) this.#windows.add(bytes.slice(at, at + WINDOW));
    }
    if (keys.length > 0) return;
    this.#literals.add(value).add(JSON.stringify(value).slice(1, -1)).add(Buffer.from(value).toString('base64'));
  }

  /** `text` with a placeholder in each secret's place. Redacting twice is the same as once. */
  redact(text: string): string {
    let before = text;
    for (let round = 0; round < ROUNDS; round++) {
      const after = this.#redact(before, 0);
      if (after === before) break;
      before = after;
    }
    return before;
  }

  #redact(text: string, depth: number): string {
    const isSecret = (bytes: string) => this.#isSecret(bytes, depth + 1);
    let result = hideWholeKeys(redactBetweenNuls(text, (plain) => this.#redact(plain, depth)));
    if (depth < DEPTH) result = hideEscaped(result, isSecret);
    for (const literal of this.#literals) result = result.replaceAll(literal, SECRET_PLACEHOLDER);
    result = hideCredentials(hidePrivateKeys(result));
    return depth < DEPTH ? hideQuotedPrintable(hideEncoded(result, isSecret), isSecret) : result;
  }

  #isSecret(bytes: string, depth: number): boolean {
    if (holdsPrivateKey(bytes)) return true;
    if (this.#windows.size > 0) {
      for (let at = 0; at + WINDOW <= bytes.length; at += WINDOW) {
        if (this.#windows.has(bytes.slice(at, at + WINDOW))) return true;
      }
    }
    return LEGIBLE.test(bytes) && this.#redact(bytes, depth) !== bytes;
  }
}

function hideCredentials(text: string): string {
  const result = hideWrappedTokens(text);
  return HINT.test(result) ? hideFields(hideCookies(hidePrivateMembers(hideTokens(result)))) : result;
}

const unacquainted = new Redactor();

/** {@link Redactor.redact} by one that knows no secrets of this run, only what secrets look like. */
export function redact(text: string): string {
  return unacquainted.redact(text);
}
