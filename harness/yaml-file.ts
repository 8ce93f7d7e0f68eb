import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { parse } from 'yaml';
import { ROOT } from './paths.ts';
import { checker, sentenceOf } from './schema.ts';

/** What a YAML file of this project says. Throws with the name of the file and what is wrong in it. */
export function readYaml<Schema extends TSchema>(path: string, schema: Schema): Static<Schema> {
  const content: unknown = parse(readFileSync(path, 'utf8'));
  const errors = checker(schema)(content);
  if (errors.length > 0) throw new Error(`${relative(ROOT, path)}: ${errors.map(sentenceOf).join('; ')}`);
  return content as Static<Schema>;
}
