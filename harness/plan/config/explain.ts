import { Document, isMap, isScalar, type Node } from 'yaml';
import { effective, readSettings } from './load.ts';
import type { PartialSettings } from './settings.ts';

/**
 * The effective settings as YAML, with where each value came from in a comment behind it: the command line, a line of the
 * file, or the defaults. Read back as `meshtrust.yaml` it gives the same settings.
 */
export function explainSettings(file: string | undefined, flags: PartialSettings): string {
  const inFile = readSettings(file);
  const document = new Document(effective(inFile, flags));
  const given = new Document(flags);
  const sourceOf = (path: readonly string[]) =>
    given.hasIn(path) ? 'command line' : (inFile.placeOf(path) ?? 'default');
  comment(document.contents, [], sourceOf);
  return document.toString({ lineWidth: 120 });
}

function comment(node: Node | null, path: readonly string[], sourceOf: (path: readonly string[]) => string): void {
  if (!isMap<{ value: string }, Node | null>(node) || node.items.length === 0) {
    // A list, or a map without an entry, stands in one line, so that its comment is behind it.
    if (node !== null) Object.assign(node, isScalar(node) ? {} : { flow: true }, { comment: ` ${sourceOf(path)}` });
    return;
  }
  for (const { key, value } of node.items) comment(value, [...path, key.value], sourceOf);
}
