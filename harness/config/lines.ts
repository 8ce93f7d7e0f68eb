import type { ErrorObject } from 'ajv/dist/2020.js';
import { type Document, isMap, type LineCounter } from 'yaml';

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
