import { environmentFailure, type Failure } from '../../errors.ts';

/** What `docker pull` says when it fails → why, and what to do; the first that matches counts. */
const CAUSES: { says: RegExp; reason: string; next: string }[] = [
  {
    says: /toomanyrequests|rate limit|429/i,
    reason: 'the registry allows this machine no more pulls for now',
    next: 'Wait, or sign in (docker login): an account has a higher limit.',
  },
  {
    says: /no space left on device/i,
    reason: 'the disk of the container engine is full',
    next: 'Free some space; docker system df shows who uses it.',
  },
  {
    says: /no matching manifest|does not match the specified platform/i,
    reason: "there is none for this machine's processor",
    next: 'Use a version that has one, or build everything on this machine (--supply source, on Linux).',
  },
  {
    says: /manifest unknown|manifest for .* not found|not found: manifest|: not found/i,
    reason: 'the registry does not have it',
    next: 'Use versions that have been released.',
  },
  {
    says: /unauthorized|authentication required|\bdenied\b|forbidden/i,
    reason: 'the registry refuses access',
    next: 'Sign in (docker login), or sign out if a stale login is the cause (docker logout).',
  },
  {
    says: /unexpected (HTTP )?status.*\b5\d\d\b/i,
    reason: 'the registry is in trouble itself',
    next: 'Try again later.',
  },
  {
    says: /x509|certificate/i,
    reason: "the registry's certificate does not verify",
    next: 'If a proxy opens TLS here, make its CA known to the container engine.',
  },
  {
    says: /cannot connect to the docker daemon|is the docker daemon running/i,
    reason: 'the container engine does not answer',
    next: 'Start it.',
  },
  {
    says: /no such host|connection refused|i\/o timeout|timeout exceeded|timeout awaiting|network is unreachable|proxyconnect|unexpected EOF|connection reset/i,
    reason: 'the registry cannot be reached',
    next: 'Check the network and the proxy of the container engine, or build everything on this machine (--supply source, on Linux).',
  },
];

/** The failure of one `docker pull`, with the engine's own words as evidence. */
export function pullFailure(command: readonly string[], image: string, output: string): Failure {
  const cause = CAUSES.find(({ says }) => says.test(output));
  return environmentFailure(`Image ${image} could not be pulled${cause === undefined ? '' : `: ${cause.reason}`}.`, {
    next: cause?.next ?? 'Try the command by hand.',
    command: command.join(' '),
    evidence: output,
  });
}
