import { ESCAPED_BREAK, NEWLINE } from './redact-breaks.ts';
import { COOKIE_PLACEHOLDER, isRedacted } from './redact-placeholders.ts';
import { MARK, quotedValue } from './redact-values.ts';

/** `cookie:`, also as a pair of a name and a value, or as neighbours in a list of raw headers. */
const HEADER = new RegExp(
  String.raw`cookie2?(?:(?:${MARK})?[ \t]*:|${MARK}[ \t]*,\s{0,40}${MARK}value${MARK}[ \t]*:|${MARK}[ \t]*,(?=\s{0,40}${MARK}))`,
  'gi',
);
/** What leads to the first value: a blank, brackets of JSON or Go, or a list of YAML. */
const FIRST = new RegExp(String.raw`[ \t]*(?:\[\s{0,40}|${NEWLINE}[ \t]*-[ \t]+)?(${MARK})?`, 'y');
const NEXT = new RegExp(String.raw`(?:${MARK}\s{0,40},\s{0,40}(?=${MARK})|${NEWLINE}[ \t]*-[ \t]+)(${MARK})?`, 'y');
/** A header's line, to its end or that of the string or list it is in. */
const LINE = new RegExp(String.raw`(?:(?!${MARK}\s{0,40}[,}\]:]|\\{1,16}["']|${ESCAPED_BREAK})[^\r\n\]])+`, 'y');

const PAIR = new RegExp(
  String.raw`([\w!#$%&*+.^|~-]{1,200}=)((?:${MARK})?)((?:(?!,\s{0,40}[\w.-]{1,200}=)[^;"\\\r\n])+)`,
  'g',
);
const ATTRIBUTE = /^(?:path|domain|expires|max-age|samesite|priority|version|comment)=$/i;

/** Takes the values out of Cookie and Set-Cookie headers, in whatever lists headers; names and attributes stay. */
export function hideCookies(text: string): string {
  let result = '';
  let done = 0;
  for (const match of text.matchAll(HEADER)) {
    let at = match.index + match[0].length;
    if (at < done) continue;
    let lead = execAt(FIRST, text, at);
    const isList = /[[-]/.test(lead?.[0] ?? '');
    while (lead !== undefined) {
      at += lead[0].length;
      const quote = lead[1];
      const value = quote === undefined ? (execAt(LINE, text, at)?.[0] ?? '') : quotedValue(text, at, quote);
      result += text.slice(done, at) + withoutValues(value);
      at = done = at + value.length;
      lead = isList ? execAt(NEXT, text, at) : undefined;
    }
  }
  return result + text.slice(done);
}

function withoutValues(header: string): string {
  return header.replace(PAIR, (pair, name: string, mark: string, value: string) =>
    ATTRIBUTE.test(name) || isRedacted(value) ? pair : `${name}${mark}${COOKIE_PLACEHOLDER}`,
  );
}

function execAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
