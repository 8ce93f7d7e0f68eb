import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { lineOf } from '../common/yaml-file.ts';
import { messageOf, usageFailure } from '../common/errors.ts';

/** Paths on this machine; the nodes find the files under the same ones. */
interface RegistryTls {
  ca_file?: string;
  cert_file?: string;
  key_file?: string;
  insecure_skip_verify?: boolean;
}

interface RegistryMirror {
  /** Where to pull from, in this order; the registry itself comes last. */
  endpoint?: string[];
  rewrite?: Record<string, string>;
}

interface RegistryConfig {
  auth?: { username?: string; password?: string; auth?: string; identity_token?: string };
  tls?: RegistryTls;
}

/** A `registries.yaml` of k3s, by host and port; see https://docs.k3s.io/installation/private-registry. */
export interface Registries {
  mirrors: Record<string, RegistryMirror>;
  configs: Record<string, RegistryConfig>;
}

const text = { type: 'string', minLength: 1 };
const object = (properties: object) => ({ type: ['object', 'null'], additionalProperties: false, properties });
const byHost = (properties: object) => ({ type: ['object', 'null'], additionalProperties: object(properties) });

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  object({
    mirrors: byHost({
      // No user and password in it: those belong below configs.auth.
      endpoint: {
        type: 'array',
        items: { type: 'string', pattern: '^(https?://)?(\\[[0-9a-f:.]+\\]|[^/@:\\s]+)(:\\d+)?(/[^@\\s]*)?$' },
      },
      rewrite: { type: 'object', additionalProperties: { type: 'string' } },
    }),
    configs: byHost({
      auth: object({ username: text, password: text, auth: text, identity_token: text }),
      tls: object({ ca_file: text, cert_file: text, key_file: text, insecure_skip_verify: { type: 'boolean' } }),
    }),
  }),
);

/**
 * Reads a `registries.yaml` of k3s. Fails, exit code 2, with file and line if it cannot be read, is not YAML or not of
 * that form, or if it names a file that is not there. What it says is secret: no message quotes it.
 */
export function readRegistries(path: string): Registries {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageFailure(`The registry configuration ${path} cannot be read: ${messageOf(error)}`, {
      next: 'Name a registries.yaml of k3s in k3d.registries.',
      cause: error,
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [broken] = document.errors;
  // The code of the error alone: its message quotes what it is about.
  if (broken !== undefined) {
    throw invalid([`${path}:${lines.linePos(broken.pos[0]).line}: this is not YAML (${broken.code})`]);
  }
  const value = valueOf(document, path);
  if (!validate(value)) {
    throw invalid((validate.errors ?? []).map((one) => `${path}:${lineOf(document, lines, one)}: ${sentenceFor(one)}`));
  }
  const registries: Registries = { mirrors: withoutNulls(value.mirrors), configs: withoutNulls(value.configs) };
  const problems = tlsFiles(registries).flatMap(({ file, at }) => {
    if (isAbsolute(file) && existsSync(file)) return [];
    const node = document.getIn(at, true) as { range?: [number, number, number] } | undefined;
    const line = lines.linePos(node?.range?.[0] ?? 0).line;
    return [`${path}:${line}: ${at.join('.')} must be the absolute path of a file that is there`];
  });
  if (problems.length > 0) throw invalid(problems);
  return registries;
}

/** The files of certificates and keys that it names, and where it names them. */
export function tlsFiles({ configs }: Registries): { file: string; at: string[] }[] {
  return Object.entries(configs).flatMap(([host, { tls }]) =>
    (['ca_file', 'cert_file', 'key_file'] as const).flatMap((key) => {
      const file = tls?.[key];
      return file === undefined ? [] : [{ file, at: ['configs', host, 'tls', key] }];
    }),
  );
}

function valueOf(document: Document, path: string): Partial<Registries> {
  try {
    return (document.toJS() ?? {}) as Partial<Registries>;
  } catch {
    throw invalid([`${path}: an alias leads nowhere; put text that starts with * between quotes`]);
  }
}

const invalid = (sentences: readonly string[]) =>
  usageFailure('The registry configuration is not valid.', { next: sentences.join('\n') });

function sentenceFor({ instancePath, message, params, keyword }: ErrorObject): string {
  const where = instancePath.slice(1).replaceAll('/', '.') || 'the file';
  if (keyword === 'additionalProperties') return `unknown key '${String(params['additionalProperty'])}' in ${where}`;
  if (keyword === 'pattern') return `${where} must be a URL without user and password, for example http://HOST:PORT`;
  return `${where} ${message ?? 'is not valid'}`;
}

/** k3s takes a key without a value for one without settings. */
function withoutNulls<T extends object>(map: Record<string, T | null> | null | undefined): Record<string, T> {
  const whole = (entry: T | null) =>
    Object.fromEntries(Object.entries(entry ?? {}).filter(([, value]) => value !== null)) as T;
  return Object.fromEntries(Object.entries(map ?? {}).map(([host, entry]) => [host, whole(entry)]));
}
