import { environmentFailure, type Failure } from '../../common/errors.ts';
import { commandLine } from '../../common/process.ts';

/** What keeps an image from going between the engine and a registry. */
export type Trouble =
  | 'rateLimit'
  | 'diskFull'
  | 'otherPlatform'
  | 'unknownImage'
  | 'plainHttp'
  | 'access'
  | 'unknownRepository'
  | 'registryTrouble'
  | 'certificate'
  | 'noEngine'
  | 'unreachable';

/** What docker says → why; the first that matches counts. */
const SIGNS: readonly { trouble: Trouble; says: RegExp; reason: string }[] = [
  {
    trouble: 'rateLimit',
    says: /toomanyrequests|rate limit|\b429\b/i,
    reason: 'the registry allows this machine no more for now',
  },
  {
    trouble: 'diskFull',
    says: /no space left on device/i,
    reason: 'the disk of the container engine is full',
  },
  {
    trouble: 'otherPlatform',
    says: /no matching manifest|does not match the specified platform/i,
    reason: "there is none for this machine's processor",
  },
  {
    trouble: 'unknownImage',
    says: /manifest unknown|manifest for .* not found|not found: manifest|: not found/i,
    reason: 'the registry does not have it',
  },
  {
    trouble: 'plainHttp',
    says: /HTTP response to HTTPS client/i,
    reason: 'the registry speaks plain HTTP, which the container engine accepts on 127.0.0.1 only',
  },
  {
    trouble: 'access',
    says: /unauthorized|authentication required|no basic auth credentials|\bdenied\b|forbidden|insufficient_scope/i,
    reason: 'the registry refuses access',
  },
  {
    trouble: 'unknownRepository',
    says: /name unknown|repository .*(not found|does not exist)/i,
    reason: 'the registry has no such repository',
  },
  {
    trouble: 'registryTrouble',
    says: /unexpected (HTTP )?status.*\b5\d\d\b/i,
    reason: 'the registry is in trouble itself',
  },
  {
    trouble: 'certificate',
    says: /x509|certificate/i,
    reason: "the registry's certificate does not verify",
  },
  {
    trouble: 'noEngine',
    says: /cannot connect to the docker daemon|is the docker daemon running/i,
    reason: 'the container engine does not answer',
  },
  {
    trouble: 'unreachable',
    says: /no such host|connection refused|i\/o timeout|timeout exceeded|timeout awaiting|network is unreachable|no route to host|proxyconnect|unexpected EOF|\bEOF$|connection reset/im,
    reason: 'the registry cannot be reached',
  },
];

/** What to do where that does not depend on what was meant. */
const ADVICE: Partial<Record<Trouble, string>> = {
  rateLimit: 'Wait, or sign in (docker login): an account has a higher limit.',
  diskFull: 'Free some space; docker system df shows who uses it.',
  plainHttp: 'Reach it as 127.0.0.1:PORT, or add it to `insecure-registries` of the engine.',
  certificate: 'Make its CA known to the container engine (/etc/docker/certs.d).',
  noEngine: 'Start it.',
  registryTrouble: 'Try again later.',
};

/**
 * The failure of one docker command that was to do something with an image (`could not be pulled`), with the engine's own
 * words as evidence; `advice` by trouble is what to do for whoever meant it.
 */
export function imageFailure(
  what: string,
  { command, output, advice }: { command: readonly string[]; output: string; advice: Partial<Record<Trouble, string>> },
): Failure {
  const sign = SIGNS.find(({ says }) => says.test(output));
  const next = sign === undefined ? undefined : { ...ADVICE, ...advice }[sign.trouble];
  return environmentFailure(`Image ${what}${sign === undefined ? '' : `: ${sign.reason}`}.`, {
    next: next ?? 'Try the command by hand.',
    command: commandLine(command),
    evidence: output,
  });
}
