import pRetry from 'p-retry';
import { type Dispatcher, EnvHttpProxyAgent, interceptors } from 'undici';
import { deadline } from '../../common/deadlines.ts';
import { isPassing } from './download-failure.ts';

/** GitHub and dl.k8s.io redirect once; a mirror in between may do so again. */
const REDIRECTS = 5;
const TRIES = 3;

/** Asks up to {@link TRIES} times, as long as what goes wrong may pass; `explain` makes the failure of the last one. */
export async function insist<T>(
  signal: AbortSignal,
  ask: () => Promise<T>,
  explain: (error: unknown, tries: number) => Error,
): Promise<T> {
  let tries = 0;
  // Not undici's own retry: after a broken body it asks for the rest, and fails where a server knows no ranges.
  const trying = pRetry(
    (attempt) => {
      tries = attempt;
      return ask();
    },
    {
      ...{ retries: TRIES - 1, minTimeout: 2 * deadline('poll'), signal },
      shouldRetry: ({ error }) => isPassing(error),
    },
  );
  return await trying.catch((error: unknown) => {
    signal.throwIfAborted();
    throw explain(error, tries);
  });
}

/** Lends what requests go through: redirects, and the proxy that the environment names (HTTPS_PROXY), as docker does. */
export async function withDispatcher<T>(ask: (dispatcher: Dispatcher) => Promise<T>): Promise<T> {
  // undici's time-outs are of silence, not of the whole: a slow line may take as long as it takes.
  const silence = deadline('downloadSilence');
  const agent = new EnvHttpProxyAgent({ headersTimeout: silence, bodyTimeout: silence, connect: { timeout: silence } });
  try {
    return await ask(agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS })));
  } finally {
    await agent.destroy();
  }
}
