import {
  IsomorphicFetchHttpLibrary,
  type RequestContext,
  ResponseContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { deadline } from '../../common/deadlines.ts';
import { endOfWork, pause } from '../../common/ending.ts';
import { messageOf } from '../../common/errors.ts';
import { ApiFailure } from './failure.ts';

/** As often as kubectl asks again (client-go, rest/with_retry.go: ten retries). */
const TRIES = 10;
/** Of a call that nobody has answered: each may have taken its whole deadline. */
const UNANSWERED_TRIES = 3;
const PASSING = [429, 500, 502, 503, 504];

const library = new IsomorphicFetchHttpLibrary();

/**
 * Sends the library's requests, each to be answered within deadline `apiCall`, and makes an {@link ApiFailure} of
 * whatever is no success. What an overloaded API server asks to be asked again is asked again, after the time it wants
 * (Kubernetes API Concepts, «Priority and Fairness»); so is whatever only reads and was not answered.
 */
export const insistingHttp = wrapHttpLibrary({
  send: (request) => insist(request, () => library.send(request).toPromise()),
});

async function insist(request: RequestContext, send: () => Promise<ResponseContext>): Promise<ResponseContext> {
  for (let tries = 1; ; tries++) {
    try {
      return await once(request, send);
    } catch (error) {
      if (!(error instanceof ApiFailure) || !isWorthAnother(error, request, tries)) throw error;
      await pause(error.retryAfter === undefined ? deadline('poll') * tries : error.retryAfter * 1000);
    }
  }
}

function isWorthAnother({ status, retryAfter }: ApiFailure, request: RequestContext, tries: number): boolean {
  const isRead = request.getHttpMethod() === 'GET';
  // What changes something may have been done, though nobody said so: that is for the caller to find out.
  if (status === undefined) return isRead && tries < UNANSWERED_TRIES;
  return PASSING.includes(status) && (isRead || retryAfter !== undefined) && tries < TRIES;
}

async function once(request: RequestContext, send: () => Promise<ResponseContext>): Promise<ResponseContext> {
  const { pathname } = new URL(request.getUrl());
  const call = `${request.getHttpMethod()} ${pathname}`;
  const patience = AbortSignal.timeout(deadline('apiCall'));
  const signal = endOfWork(patience);
  if (signal !== undefined) request.setSignal(signal);
  let answer: ResponseContext;
  let text: string;
  try {
    answer = await send();
    text = await answer.body.text();
  } catch (error) {
    endOfWork()?.throwIfAborted();
    if (patience.aborted) {
      throw new ApiFailure(call, `no answer within ${deadline('apiCall') / 1000} s`, { cause: error });
    }
    throw new ApiFailure(call, reasonOf(error), { cause: error });
  }
  const { httpStatusCode: status, headers } = answer;
  if (status < 400) {
    const body = { text: () => Promise.resolve(text), binary: () => Promise.resolve(Buffer.from(text)) };
    return new ResponseContext(status, headers, body as unknown as ResponseContext['body']);
  }
  const retryAfter = Number.parseInt(headers['retry-after'] ?? '');
  throw new ApiFailure(call, messageIn(text), { status, ...(Number.isNaN(retryAfter) ? {} : { retryAfter }) });
}

/** The message of a Status (Kubernetes API, meta/v1), or whatever was answered instead of one. */
function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    return message ?? text;
  } catch {
    return text;
  }
}

/** fetch says «fetch failed», and why in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return messageOf(error);
  const { code } = cause as NodeJS.ErrnoException;
  return cause.message === '' ? (code ?? messageOf(error)) : cause.message;
}
