import { Document, type Scalar, visit } from 'yaml';
import type { ConformanceReport } from './model.ts';

/** The report as YAML, in the order of the model; parsing it gives the same report back. */
export const renderYaml = (report: ConformanceReport): string => toYaml(report);

/**
 * Plain data as YAML that gives the same data back, to readers of YAML 1.1 too (PyYAML, libyaml): they take unquoted times
 * for dates, stumble over an unquoted tab, and end a line where others do not: such breaks are written as escapes.
 */
export function toYaml(data: object): string {
  const document = new Document(data, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar: (_key, node) => {
      if (isMistakable(node)) node.type = 'QUOTE_DOUBLE';
    },
  });
  // Nothing is folded: yaml 2.9.1 folds a quoted text amid a surrogate pair, which no file can hold, and indented lines so
  // that others read more breaks than there were; and what is folded to the beginning of a line may be an order to a CI
  // system, see `inert` in text.ts.
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity });
  return text.replace(LESSER_BREAK, (character) => ESCAPES[character] ?? '');
}

/** Line breaks of YAML 1.1 (5.4) that YAML 1.2 and Node take for text; their escapes are the same in both (5.7). */
const ESCAPES: Record<string, string> = { '\u0085': '\\N', '\u2028': '\\L', '\u2029': '\\P' };
const LESSER_BREAK = /[\u0085\u2028\u2029]/g;

/** A block of several lines may hold tabs, but neither begin with one nor be blank. */
function isMistakable({ value }: Scalar): boolean {
  if (typeof value !== 'string') return false;
  return value === '=' || value.search(LESSER_BREAK) >= 0 || (value.includes('\n') ? /^\s*(\t|$)/ : /\t/).test(value);
}
