import { environmentFailure, type Failure } from '../errors.ts';

/** What `docker push` says when it fails → why, and what to do; the first that matches counts. */
const CAUSES: { says: RegExp; reason: string; next: (credentials: string) => string }[] = [
  {
    says: /unauthorized|authentication required|no basic auth credentials|\bdenied\b|forbidden|insufficient_scope/i,
    reason: 'the registry refuses access',
    next: (credentials) => `See that ${credentials} belong to a user who may push there.`,
  },
  {
    says: /HTTP response to HTTPS client/i,
    reason: 'the registry speaks plain HTTP, which the container engine accepts on 127.0.0.1 only',
    next: () => 'Push to it as 127.0.0.1:PORT, or add it to `insecure-registries` of the engine.',
  },
  {
    says: /x509|certificate/i,
    reason: "the registry's certificate does not verify",
    next: () => 'Make its CA known to the container engine (/etc/docker/certs.d).',
  },
  {
    says: /name unknown|repository .*(not found|does not exist)/i,
    reason: 'the registry has no such repository',
    next: () => 'Create it first, or name another prefix.',
  },
  {
    says: /unexpected (HTTP )?status.*\b5\d\d\b/i,
    reason: 'the registry is in trouble itself',
    next: () => "Try again later, or read the registry's log; a full disk is the usual cause.",
  },
  {
    says: /cannot connect to the docker daemon|is the docker daemon running/i,
    reason: 'the container engine does not answer',
    next: () => 'Start it.',
  },
  {
    says: /no such host|connection refused|i\/o timeout|timeout exceeded|timeout awaiting|network is unreachable|no route to host|proxyconnect|unexpected EOF|\bEOF$|connection reset/im,
    reason: 'the registry cannot be reached',
    next: () => 'See that it runs, and that the container engine reaches it under this name.',
  },
];

/**
 * The failure of one `docker push`, with the engine's own words as evidence; `config` is the file that the credentials
 * came from.
 */
export function pushFailure(
  command: readonly string[],
  image: string,
  output: string,
  config: string | undefined,
): Failure {
  const cause = CAUSES.find(({ says }) => says.test(output));
  const credentials = config === undefined ? 'the credentials of `docker login`' : `the credentials in ${config}`;
  return environmentFailure(`Image ${image} could not be pushed${cause === undefined ? '' : `: ${cause.reason}`}.`, {
    next: cause?.next(credentials) ?? 'Try the command by hand.',
    command: command.join(' '),
    evidence: output,
  });
}
