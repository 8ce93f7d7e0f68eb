import { basename } from 'node:path';
import { deadline } from '../../common/deadlines.ts';
import { environmentFailure, type Failure, messageOf } from '../../common/errors.ts';

/** A response that is not the file. */
export class BadStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.name = 'BadStatus';
    this.status = status;
  }
}

/** How far a download came, in bytes; `total` is undefined where the server does not say. */
export interface Received {
  bytes: number;
  total?: number;
}

const TIMEOUTS = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'];
const BROKEN_OFF = [
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'ECONNRESET',
  'ERR_STREAM_PREMATURE_CLOSE',
];
const ELSEWHERE = 'or build everything on this machine (--supply source, on Linux).';

/** Is it worth another try at once? A broken connection and a server in trouble are; a time-out has taken long enough. */
export function isPassing(error: unknown): boolean {
  if (error instanceof BadStatus) return error.status >= 500;
  return BROKEN_OFF.includes(codeOf(error));
}

/** What was asked for. */
export interface Asked {
  url: string;
  /** What a user calls it; the file of the URL unless given. */
  name?: string;
  method?: 'GET' | 'HEAD';
}

/** The sentence for a download that came to nothing, and what to do next. */
export function downloadFailure(
  { url, name = basename(new URL(url).pathname), method = 'GET' }: Asked,
  error: unknown,
  received: Received,
  tries: number,
): Failure {
  const host = new URL(url).host;
  const often = tries === 1 ? '' : `, ${tries} times in a row`;
  const fail = (reason: string, next: string) =>
    environmentFailure(reason, { next, command: `${method} ${url}`, cause: error });

  if (error instanceof BadStatus) {
    if (error.status === 404) {
      return fail(`${host} has no ${name} (404).`, `Use versions that have been released, ${ELSEWHERE}`);
    }
    if ([401, 403, 407, 429].includes(error.status)) {
      return fail(
        `${host} refuses ${name} (${error.status}).`,
        `Wait a while, check the proxy if there is one, ${ELSEWHERE}`,
      );
    }
    return fail(`${host} answered ${error.status} for ${name}${often}.`, `Try again later, ${ELSEWHERE}`);
  }
  const code = codeOf(error);
  if (TIMEOUTS.includes(code)) {
    const seconds = deadline('downloadSilence') / 1000;
    return fail(
      `${host} sent nothing for ${seconds} s; ${name} ended after ${share(received)}.`,
      `Try again, ${ELSEWHERE}`,
    );
  }
  if (BROKEN_OFF.includes(code)) {
    return fail(`${host} broke off ${name} after ${share(received)}${often}.`, `Try again, ${ELSEWHERE}`);
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fail(`The disk is full; ${name} did not fit.`, 'Free some, or point XDG_CACHE_HOME at a larger disk.');
  }
  if (/CERT|SIGNATURE/.test(code)) {
    const next = `If a proxy opens TLS here, name its CA in NODE_EXTRA_CA_CERTS; ${ELSEWHERE}`;
    return fail(`${host} shows a certificate that does not verify (${code}).`, next);
  }
  return fail(
    `${host} cannot be reached (${code === '' ? messageOf(error) : code}).`,
    `Check the network and HTTPS_PROXY, ${ELSEWHERE}`,
  );
}

export const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

function share({ bytes, total }: Received): string {
  return total === undefined ? `${mebibytes(bytes)} MiB` : `${mebibytes(bytes)} of ${mebibytes(total)} MiB`;
}

/** The code of an error or of what caused it: undici wraps some, and several addresses make an AggregateError. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return '';
}
