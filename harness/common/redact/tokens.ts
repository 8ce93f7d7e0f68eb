import { SECRET_PLACEHOLDER, TOKEN_PLACEHOLDER } from './redact-placeholders.ts';

// What is a credential by its looks, whatever it stands behind.

/** In one line; without its header or its signature it is two parts. */
const JWT =
  /(?<![\w-])(?=([\w-]*?)(?:\b|(?<=\\[nrt]))(eyJ[\w-]{8}[\w-]*))\1\2(?:\.[\w-]{8}[\w-]*\.[\w-]*|\.[\w-]{40}[\w-]*)/g;

const AUTHORIZATION =
  /(authorization\\{0,16}["']?\s{0,40}[:=]\s{0,40}\\{0,16}["']?\[?\s{0,40}(?:bearer|basic)\s{1,40})(?!\[redacted)[^\s"',\]\\]+/gi;
const BEARER = /(\bbearer\s{1,40})[A-Za-z0-9._~+/-]{20}[A-Za-z0-9._~+/-]*=*/gi;

/** OpenShift's: 32 random bytes. */
const OPENSHIFT = /sha256~[\w-]{20}[\w-]*/g;

/** The password of a URL, up to the last `@` before the path; a port with a list behind it is none. */
const USER_INFO =
  /(:(?:\\{0,16}\/){2}[!$%&()*+,.\w;=[\]^`{|}~-]*:)(?!\d{1,5}[,;)\]]|\[redacted)[!$%&()*+,.:;=@\w[\]^`{|}~-]+(?=@)/g;

/** Takes out JSON Web Tokens, wrapped or not, OpenShift's tokens, credentials of headers and passwords of URLs. */
export function hideTokens(text: string): string {
  return text
    .replace(AUTHORIZATION, `$1${TOKEN_PLACEHOLDER}`)
    .replace(BEARER, `$1${TOKEN_PLACEHOLDER}`)
    .replace(JWT, `$1${TOKEN_PLACEHOLDER}`)
    .replace(OPENSHIFT, TOKEN_PLACEHOLDER)
    .replace(USER_INFO, `$1${SECRET_PLACEHOLDER}`);
}
