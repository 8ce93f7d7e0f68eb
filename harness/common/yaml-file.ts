import type { ErrorObject } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { usageFailure } from './errors.ts';
import { ROOT } from './paths.ts';
import { checker, sentenceOf } from './schema.ts';

/** What a YAML file of this project says. Fails, exit code 2, with the line of each mistake in it. */
export function readYaml<Schema extends TSchema>(path: string, schema: Schema): Static<Schema> {
  const file = relative(ROOT, path);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) throw usageFailure(`${file} is not YAML: ${broken.message}`);
  const content: unknown = document.toJS();
  const errors = checker(schema)(content);
  if (errors.length === 0) return content as Static<Schema>;
  const sentences = errors.map((error) => `${file}:${lineOf(document, lines, error)}: ${sentenceOf(error)}`);
  throw usageFailure(`${file} is not as it has to be.`, { next: sentences.join('\n') });
}

/** The line of a YAML document that an error of its schema is about; `lines` must have counted while it was parsed. */
export function lineOf(document: Document, lines: LineCounter, error: ErrorObject): number {
  const path = error.instancePath.split('/').slice(1);
  const unknown = (error.params as { additionalProperty?: string }).additionalProperty;
  // An unknown key has a place of its own: that of the key, not of the map it stands in.
  const holder = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(holder) ? holder.items.find(({ key }) => String(key) === unknown) : undefined;
  const node = (pair?.key ?? holder) as { range?: [number, number, number] } | null | undefined;
  return lines.linePos(node?.range?.[0] ?? 0).line;
}
