import { stripVTControlCharacters } from 'node:util';

/**
 * Line breaks that only some readers know: YAML 1.1 (5.4, which PyYAML implements) ends a line at each of them, YAML 1.2
 * and Node at none, so that one reader's long line is another's next key.
 */
const LESSER_BREAKS = /[\u0085\u2028\u2029]/g;
/**
 * What nobody sees and what makes others unseen or stand elsewhere: control characters but line break and tab, Unicode's
 * format characters (marks of direction, joiners, tags) and what else it says to show as nothing.
 */
const UNSEEN =
  // eslint-disable-next-line no-control-regex -- those are what it removes
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text that may go into any file: no escape sequences, no control or invisible characters but line break and tab, no
 * half surrogates and no marks that reverse the direction of writing. A line break that is not `\n` to everybody becomes
 * a space: a name of one line stays one, and can begin none of its own. Doing it again changes nothing.
 */
export function plain(text: string): string {
  // Well-formed first: of two halves that something stands between, taking that out would make one character.
  const wellFormed = text.toWellFormed().replaceAll('\r\n', '\n');
  return stripVTControlCharacters(wellFormed).replace(LESSER_BREAKS, ' ').replace(UNSEEN, '');
}

/**
 * {@link plain} text that may also go into a terminal or the log of a CI system, some of which take orders from there:
 * GitHub Actions from a line that begins `::error::` and the like, `::stop-commands::` and `::add-mask::` among them, and
 * with Azure Pipelines and TeamCity from `##[error]`, `##vso[…]` and `##teamcity[…]` anywhere. A space takes each apart,
 * `: :error::` and `## [error]`, so that it is read by people only. It does so everywhere: nobody knows where a log ends up.
 */
export function inert(text: string): string {
  return plain(text)
    .replace(/^([^\S\n]*):(?=:)/gm, '$1: ')
    .replace(/##(?=\w*\[)/g, '## ');
}

/**
 * A copy of plain data (objects, arrays, scalars) with `change` applied to each string in it. To keys too: those of a
 * graph that a test worker hands over are not checked before it is written.
 */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  return mapped(value, change) as T;
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapped(item, change)]));
}

/** `12 ms`, `2.1 s`, `3 min 05 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
