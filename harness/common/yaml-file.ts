import type { ErrorObject } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { type Document, isMap, type LineCounter, parse } from 'yaml';
import { ROOT } from './paths.ts';
import { checker, sentenceOf } from './schema.ts';

/** What a YAML file of this project says. Throws with the name of the file and what is wrong in it. */
export function readYaml<Schema extends TSchema>(path: string, schema: Schema): Static<Schema> {
  const content: unknown = parse(readFileSync(path, 'utf8'));
  const errors = checker(schema)(content);
  if (errors.length > 0) throw new Error(`${relative(ROOT, path)}: ${errors.map(sentenceOf).join('; ')}`);
  return content as Static<Schema>;
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
