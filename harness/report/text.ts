import { stripVTControlCharacters } from 'node:util';

/**
 * Text that may go into any file or terminal: no escape sequences, no control characters but line break and tab, no
 * half surrogates and no marks that reverse the direction of writing.
 */
export function plain(text: string): string {
  return (
    stripVTControlCharacters(text.replaceAll('\r\n', '\n'))
      // eslint-disable-next-line no-control-regex -- those are what it removes
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '')
      .toWellFormed()
  );
}

/** A copy of plain data (objects, arrays, scalars) with `change` applied to each string in it, keys excepted. */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  return mapped(value, change) as T;
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, change)]));
}

/** `12 ms`, `2.1 s`, `3 min 05 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
