import { Document, type Scalar, visit } from 'yaml';
import type { ConformanceReport } from './model.ts';

/** The report as YAML, in the order of the model; parsing it gives the same report back. */
export const renderYaml = (report: ConformanceReport): string => toYaml(report);

/**
 * Plain data as YAML that gives the same data back, to readers of YAML 1.1 too (PyYAML, libyaml): they take unquoted times
 * for dates, and stumble over an unquoted tab. Its text is `plain` already, see text.ts.
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
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity });
}

/** A block of several lines may hold tabs, but neither begin with one nor be blank. */
function isMistakable({ value }: Scalar): boolean {
  if (typeof value !== 'string') return false;
  return value === '=' || (value.includes('\n') ? /^\s*(\t|$)/ : /\t/).test(value);
}
