import { Failure, messageOf } from '../../common/errors.ts';

/** What can be done about an answer; by status, 0 for none at all. */
const NEXT: Record<number, string> = {
  0: 'See that the cluster runs and that this machine reaches it (kubectl get --raw /readyz), then run the command again.',
  400: 'Run `meshtrust doctor` for this cluster: it may be older or newer than what this version knows.',
  401: 'The credentials are refused or have expired: log in again (kubectl auth whoami must work), then run the command again.',
  403: 'Run it as a user who may do that; doctor says which rights a run needs.',
  410: 'The API server has lost its place in a long list; run the command again.',
  422: 'Run `meshtrust doctor` for this cluster: an admission policy or a newer schema may refuse what a lab needs.',
  429: 'The API server is overloaded: run the command again when it is quieter.',
};
const ANY = 'Run the command again; if it stays so, look at the API server’s log.';

/**
 * A call to the Kubernetes API that came to nothing: refused, unanswered or broken off. Exit code 3 wherever nobody has
 * more to say about it.
 */
export class ApiFailure extends Failure {
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** What the API server said, or why it said nothing: `404: pods "x" not found`. */
  readonly said: string;
  /** Seconds after which the API server wants to be asked again (RFC 9110, 10.2.3). */
  readonly retryAfter: number | undefined;

  constructor(call: string, said: string, more: { status?: number; retryAfter?: number; cause?: unknown } = {}) {
    const { status, retryAfter, cause } = more;
    const full = status === undefined ? said : `${status}: ${said}`;
    const reason = status === undefined ? `${call} came to nothing: ${full}` : `${call} was answered with ${full}`;
    super('environment', reason, { next: NEXT[status ?? 0] ?? ANY, cause });
    this.name = 'ApiFailure';
    this.status = status;
    this.said = full;
    this.retryAfter = retryAfter;
  }
}

/** HTTP status of an API error; undefined for anything else. */
export const apiStatus = (error: unknown): number | undefined =>
  error instanceof ApiFailure ? error.status : undefined;

/** What the API server said, without what was asked; the message of anything else. */
export const apiMessage = (error: unknown): string => (error instanceof ApiFailure ? error.said : messageOf(error));

/** The object, or undefined where there is none of that name. */
export async function found<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (apiStatus(error) === 404) return undefined;
    throw error;
  }
}
