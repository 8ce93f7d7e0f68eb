import { readFileSync } from 'node:fs';
import { usageFailure } from '../common/errors.ts';

/** What a docker config.json has under `auths` for one registry; the names are the file's own. */
export interface LoginEntry {
  /** `username:password` in base64. */
  auth?: string;
  username?: string;
  password?: string;
  /** An OAuth refresh token in a password's place. */
  identitytoken?: string;
  registrytoken?: string;
}

/** Credentials of one registry. */
export interface RegistryLogin {
  /** Host, and port if it is not the usual one. */
  registry: string;
  entry: LoginEntry;
}

const FIELDS = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;
const NEXT = 'Name a config.json that has the credentials under `auths`, as `docker login` writes it.';

/** Docker Hub goes by the name of an API that nobody else remembers. */
const DOCKER_HUB = 'https://index.docker.io/v1/';

/** The registry of an image, or of a prefix of images: Docker Hub where none is named. */
export function registryOf(prefix: string): string {
  const [first = ''] = prefix.split('/');
  return /[.:]/.test(first) || first === 'localhost' ? first : 'docker.io';
}

/**
 * The credentials for images under `prefix` (`registry.example.com/team`) in a docker config.json; of several that
 * fit, as podman writes them for parts of a registry, those of the longest path. Fails, exit code 2, without them.
 */
export function readLogin(file: string, prefix: string): RegistryLogin {
  const registry = registryOf(prefix);
  const wanted = `${canonical(prefix.startsWith(registry) ? prefix : `${registry}/${prefix}`)}/`;
  const { auths, credsStore, credHelpers } = readConfig(file);
  const [key] = Object.keys(auths)
    .filter((one) => wanted.startsWith(`${canonical(one)}/`))
    .sort((one, other) => canonical(other).length - canonical(one).length);
  const entry = key === undefined ? {} : loginEntry(auths[key]);
  if (entry.auth !== undefined || entry.identitytoken !== undefined || entry.registrytoken !== undefined) {
    return { registry, entry };
  }
  if (entry.username !== undefined && entry.password !== undefined) return { registry, entry };
  const isElsewhere = credsStore !== undefined || credHelpers !== undefined;
  throw usageFailure(`${file} has no credentials for ${registry}.`, {
    next: isElsewhere ? `It leaves them to a credential helper, which only this machine could ask. ${NEXT}` : NEXT,
  });
}

/** A docker config.json with one registry's credentials and nothing else. */
export function configOf({ registry, entry }: RegistryLogin): string {
  return JSON.stringify({ auths: { [registry === 'docker.io' ? DOCKER_HUB : registry]: entry } });
}

/** Every secret in a docker config.json, for the redactor; usernames are none. Fails, exit code 2, if it is not one. */
export function secretsIn(file: string): string[] {
  const all = Object.values(readConfig(file).auths).flatMap((value) => {
    const entry = loginEntry(value);
    return [entry.auth, passwordOf(entry), entry.identitytoken, entry.registrytoken];
  });
  return [...new Set(all)].filter((secret) => secret !== undefined && secret !== '') as string[];
}

/** The password, also from inside `auth`, where it is what comes behind the first colon; '' beside a token. */
export function passwordOf({ auth, password }: LoginEntry): string | undefined {
  if (password !== undefined || auth === undefined) return password;
  const pair = Buffer.from(auth, 'base64').toString();
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
}

interface DockerConfig {
  auths: Record<string, unknown>;
  credsStore?: unknown;
  credHelpers?: unknown;
}

function readConfig(file: string): DockerConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw usageFailure(`The registry credentials ${file} cannot be read (${code}).`, { next: NEXT, cause: error });
  }
  const config = parse(text);
  const { auths = {} } = config ?? {};
  if (config === undefined || !isRecord(auths)) {
    throw usageFailure(`${file} is not a docker config.json.`, { next: NEXT });
  }
  return { ...config, auths };
}

/** Without the parser's own message, which quotes what it stumbles upon. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function loginEntry(value: unknown): LoginEntry {
  const given = isRecord(value) ? value : {};
  const strings = FIELDS.flatMap((field) => {
    const text = given[field];
    return typeof text === 'string' && text !== '' ? [[field, text]] : [];
  });
  return Object.fromEntries(strings) as LoginEntry;
}

/** Keys may be URLs of an API, and Docker Hub has several names. */
const canonical = (key: string) =>
  key
    .replace(/^https?:\/\//, '')
    .replace(/(\/v[12])?\/?$/, '')
    .replace(/^(index|registry-1)\.docker\.io/, 'docker.io');
