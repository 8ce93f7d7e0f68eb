import { createHash } from 'node:crypto';
import type { ConformanceReport } from './model.ts';

/**
 * `sha256:` and the hex SHA-256 of the report without its digest, as JSON without white space and with sorted keys
 * (RFC 8785 for the values that occur here): the order of keys and the layout of the file do not matter.
 */
export function reportDigest(report: Omit<ConformanceReport, 'digest'>): string {
  const content = { ...report, digest: undefined };
  return `sha256:${createHash('sha256').update(JSON.stringify(content, sortKeys)).digest('hex')}`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
