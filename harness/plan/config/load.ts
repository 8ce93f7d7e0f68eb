import type { ErrorObject } from 'ajv/dist/2020.js';
import { existsSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { usageFailure, messageOf } from '../../common/errors.ts';
import { merge } from '../../lab/mesh/distribution.ts';
import { checker } from '../../common/schema.ts';
import { lineOf } from '../../common/yaml-file.ts';
import { DEFAULTS, type PartialSettings, type Settings, SETTINGS_FILE } from './settings.ts';

const DEFAULT_FILE = 'meshtrust.yaml';
const errorsOf = checker(SETTINGS_FILE);

/**
 * Settings from defaults, the file and the command line, the later winning. `file` undefined means `meshtrust.yaml` of
 * the working folder if there is one. Fails, exit code 2, with the line of each mistake and the accepted values.
 */
export function loadSettings(file: string | undefined, flags: PartialSettings): Settings {
  return effective(readSettings(file), flags);
}

/** The defaults with what a file says, and what the command line says, the later winning. */
export const effective = ({ settings }: SettingsFile, flags: PartialSettings): Settings =>
  merge(merge(DEFAULTS, settings), flags) as Settings;

/** What a file says, and where. */
export interface SettingsFile {
  settings: PartialSettings;
  /** `meshtrust.yaml:3` for the path of a value; undefined if the file says nothing about it. */
  placeOf: (path: readonly string[]) => string | undefined;
}

/** Reads `file`, or `meshtrust.yaml` of the working folder if there is one. Fails, exit code 2, if it is not valid. */
export function readSettings(file: string | undefined): SettingsFile {
  if (file === undefined && !existsSync(DEFAULT_FILE)) return { settings: {}, placeOf: () => undefined };
  const path = file ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageFailure(`The configuration ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseSettings(text, path);
}

/** What a YAML text says; `file` is only for messages and places. */
export function parseSettings(text: string, file: string): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) throw usageFailure(`${file} is not YAML: ${broken.message}`);
  const settings = (document.toJS() ?? {}) as PartialSettings;
  const errors = errorsOf(settings);
  if (errors.length === 0) return { settings, placeOf: (path) => placeIn(document, lines, path, file) };
  const sentences = errors.map((error) => `${file}:${lineOf(document, lines, error)}: ${sentenceFor(error)}`);
  throw usageFailure(`The configuration is not valid.`, { next: sentences.join('\n') });
}

function placeIn(document: Document, lines: LineCounter, path: readonly string[], file: string): string | undefined {
  const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
  return node?.range === undefined ? undefined : `${file}:${lines.linePos(node.range[0]).line}`;
}

function sentenceFor({ instancePath, message, params, keyword }: ErrorObject): string {
  const where = instancePath.slice(1).replaceAll('/', '.') || 'the file';
  if (keyword === 'additionalProperties') {
    const known = Object.keys(propertiesAt(instancePath));
    return `unknown key '${String(params['additionalProperty'])}' in ${where}; known are: ${known.join(', ')}`;
  }
  if (keyword === 'enum') return `${where} must be one of: ${(params['allowedValues'] as string[]).join(', ')}`;
  return `${where} ${message ?? 'is not valid'}`;
}

/** Properties the schema knows at a path. */
function propertiesAt(instancePath: string): object {
  let at = SETTINGS_FILE as { properties?: Record<string, object> };
  for (const step of instancePath.split('/').slice(1)) at = at.properties?.[step] ?? {};
  return at.properties ?? {};
}
