import { hideEncoded, hideUrlEncoded } from './encoded.ts';
import { hidePrivateKeys, KEY_PLACEHOLDER, privateBytes } from './pem.ts';

const TOKEN_PLACEHOLDER = '[redacted token]';
const SECRET_PLACEHOLDER = '[redacted secret]';

// A name at the start of a YAML line or quoted in JSON; prose such as «invalid token: expired» is left alone.
const field = (names: string) =>
  new RegExp(
    String.raw`((?:^[ \t|-]*|\\n[ \t-]*|["'{,] *)(?:${names})\\*["']?\s*:\s*\\*["']?)(?!\[redacted)[^\s"',}\\]{8,}`,
    'gm',
  );

const RULES: readonly (readonly [RegExp, string])[] = [
  [
    /(authorization\\*["']?\s*[:=]\s*\\*["']?\[?\s*(?:bearer|basic)\s+)(?!\[redacted)[^\s"',\]\\]+/gi,
    `$1${TOKEN_PLACEHOLDER}`,
  ],
  [/(\bbearer\s+)[A-Za-z0-9._~+/-]{20,}=*/gi, `$1${TOKEN_PLACEHOLDER}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, TOKEN_PLACEHOLDER],
  [field('client-key-data'), `$1${KEY_PLACEHOLDER}`],
  [field('(?:(?:id|access|refresh)[-_])?token'), `$1${TOKEN_PLACEHOLDER}`],
];

/**
 * DER of a private key: a SEQUENCE that starts with its version, then PKCS#1's modulus, PKCS#8's algorithm (RFC 5958)
 * or SEC 1's octet string (RFC 5915). Certificates, CRLs and requests start otherwise.
 */
// eslint-disable-next-line no-control-regex -- these are bytes
const DER_KEY = /\x30(?:\x82..|\x81.|[\x20-\x7f])\x02\x01(?:\x00\x02[\x40-\x82]|\x00\x30.\x06|\x01\x04[\x20\x30\x42])/s;

/** So many bytes of a private number, in a row, give it away. Twice that is found wherever it starts. */
const WINDOW = 8;
/** Base64 in base64 in base64: a key in a Secret in a kubectl annotation, and one to spare. */
const DEPTH = 3;
const SHORTEST_SECRET = 8;

/**
 * Takes secrets out of text that is going to be kept: private keys in every form, tokens, and whatever it was told of
 * with {@link Redactor.know}, all of them also inside base64 and hex. Certificates and public keys stay readable.
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
    return this.#redact(text, 0);
  }

  #redact(text: string, depth: number): string {
    const isSecret = (bytes: string) => this.#isSecret(bytes, depth + 1);
    let result = depth < DEPTH ? hideUrlEncoded(text, isSecret) : text;
    for (const literal of this.#literals) result = result.replaceAll(literal, SECRET_PLACEHOLDER);
    result = hidePrivateKeys(result);
    for (const [pattern, replacement] of RULES) result = result.replace(pattern, replacement);
    return depth < DEPTH ? hideEncoded(result, isSecret) : result;
  }

  #isSecret(bytes: string, depth: number): boolean {
    if (DER_KEY.test(bytes)) return true;
    if (this.#windows.size > 0) {
      for (let at = 0; at + WINDOW <= bytes.length; at += WINDOW) {
        if (this.#windows.has(bytes.slice(at, at + WINDOW))) return true;
      }
    }
    return this.#redact(bytes, depth) !== bytes;
  }
}

const unacquainted = new Redactor();

/** {@link Redactor.redact} by one that knows no secrets of this run, only what secrets look like. */
export function redact(text: string): string {
  return unacquainted.redact(text);
}
