import { KEY_PLACEHOLDER } from './pem.ts';
import { NEWLINE } from './redact-breaks.ts';
import { SECRET_PLACEHOLDER, TOKEN_PLACEHOLDER } from './redact-placeholders.ts';
import { endOfLine, endOfWord, hideValues, MARK, QUOTE, type Value, type Verdict } from './redact-values.ts';
import { isNoSecret, isSentence, isWord, type Lead, leadOf } from './redact-words.ts';

// Names that say what their value is: fields of YAML and JSON, of query strings and configurations, variables of an
// environment, flags. Those in capitals are secrets whatever they hold; `token:` and `secret:` are everyday words.

const NAMES =
  'pass(?:word|wd|phrase)|token|client[_-]?secret|secret[_-]?access[_-]?key|secret[_-]key|api[_-]?key|private_key|secret';

/** `name: value` and `name=value`; YAML may have the value in a block of its own. */
const FIELD = new RegExp(
  String.raw`(client-key-data|${NAMES})(${MARK})?` +
    String.raw`(?:[ \t]*(:)[ \t]*(?:[|>][-+]?[ \t]*${NEWLINE}[ \t]*)?|[ \t]+:?=>?[ \t]+|=>?(?!=))${QUOTE}`,
  'gi',
);

/** `--name=value`, `--name value`, and the two as neighbours in a list of JSON or YAML. */
const FLAG = new RegExp(
  String.raw`(?<![\w-])--[\w-]{0,60}?(${NAMES})` +
    String.raw`(?:(=)|[ \t]+|${MARK}[ \t]*,\s{0,40}(?=${MARK})|(?:${MARK})?${NEWLINE}[ \t]*(-)[ \t]+)${QUOTE}`,
  'gi',
);

/** A pod's environment, in YAML, JSON and as Go prints it. */
const NAMED = String.raw`name(?:${MARK})?[ \t]*:[ \t]*(?:${MARK})?[\w.-]{0,80}?(${NAMES})(?:${MARK})?`;
const PAIR = new RegExp(
  String.raw`\b${NAMED}((?:[\s,]|\\{1,16}[nrt]){0,200})(?:${MARK})?value(?:${MARK})?[ \t]*:[ \t]*${QUOTE}`,
  'gi',
);
const VALUE_FIRST = new RegExp(String.raw`\bvalue${MARK}[ \t]*:[ \t]*${QUOTE}`, 'gi');
const THEN_NAMED = new RegExp(String.raw`${MARK}\s{0,40},\s{0,40}${MARK}${NAMED}`, 'iy');

const AUTH = new RegExp(String.raw`(?<![A-Za-z0-9-])auth(?:${MARK})?[ \t]*[:=][ \t]*${QUOTE}`, 'gi');

/** Takes out the values of fields, flags and variables that are passwords, tokens or keys by their names. */
export function hideFields(text: string): string {
  let result = hideValues(text, AUTH, judgeAuth);
  result = hideValues(result, FLAG, judgeFlag);
  result = hideValues(result, PAIR, judgePair);
  result = hideValues(result, VALUE_FIRST, judgeValueFirst);
  return hideValues(result, FIELD, judgeField);
}

/** Of docker's config.json: user and password, told from other values of that name by the colon between them. */
function judgeAuth({ value }: Value): Verdict | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return undefined;
  const decoded = Buffer.from(value, 'base64').toString('latin1');
  return /^[!-9;-~]+:[ -~\x80-\xff]+$/.test(decoded) ? { placeholder: SECRET_PLACEHOLDER } : undefined;
}

function judgeFlag({ text, from, value, isQuoted, captures }: Value): Verdict | undefined {
  const [name = '', equals, item] = captures;
  if (isNoSecret(value) || /^secret$/i.test(name)) return undefined;
  if (equals === undefined && !isQuoted && isSentence(value)) return undefined;
  // Another flag, or what a usage text calls the value.
  if (equals === undefined && /^(?:-|[A-Z_]+$)/.test(value)) return undefined;
  if (item !== undefined && !/-[ \t]+["']?$/.test(text.slice(Math.max(0, from - 20), from))) return undefined;
  return { placeholder: placeholderOf(name) };
}

function judgePair(pair: Value): Verdict | undefined {
  const [name = '', between = ''] = pair.captures;
  if (isNoSecret(pair.value) || isCollection(pair) || !isSecretVariable(name, pair.value)) return undefined;
  const placeholder = placeholderOf(name);
  const isLine = !pair.isQuoted && /[\r\n\\]/.test(between);
  return isLine ? { placeholder, end: endOfLine(pair) } : { placeholder };
}

function judgeValueFirst({ text, start, value }: Value): Verdict | undefined {
  THEN_NAMED.lastIndex = start + value.length;
  const [, name] = THEN_NAMED.exec(text) ?? [];
  if (name === undefined || isNoSecret(value) || !isSecretVariable(name, value)) return undefined;
  return { placeholder: placeholderOf(name) };
}

function judgeField(field: Value): Verdict | undefined {
  const [name = '', mark, colon] = field.captures;
  if (isNoSecret(field.value) || (mark === undefined && closesName(field))) return undefined;
  if (colon !== undefined && !field.isQuoted && (isSentence(field.value) || isCollection(field))) return undefined;
  const lead = colon === undefined ? 'bracket' : leadOf(field.text, field.from);
  if (lead === 'path' || !isSecretField(field, name, lead)) return undefined;
  if (/^client-key-data$/i.test(name)) return { placeholder: KEY_PLACEHOLDER };
  const placeholder = placeholderOf(name);
  if (field.isQuoted || !(isPassword(name) || inCapitals(name))) return { placeholder };
  if (colon === undefined) return inCapitals(name) ? { placeholder, end: endOfWord(field) } : { placeholder };
  if (lead !== 'line') return { placeholder };
  const end = endOfLine(field);
  // What kubectl says of a Secret.
  return /^\d{1,9} bytes$/.test(field.text.slice(field.start, end)) ? undefined : { placeholder, end };
}

/** A map or list of YAML or JSON: what is in it has names of its own. */
const isCollection = ({ value, isQuoted }: Value) => !isQuoted && /^[{[]/.test(value);

/** Whether the quote behind the name does not open a value, but closes what the name is in: `'password:', input`. */
const closesName = ({ text, from, isQuoted }: Value) =>
  isQuoted && /["'][\w.-]*$/.test(text.slice(Math.max(0, from - 60), from));

const placeholderOf = (name: string) => (/token$/i.test(name) ? TOKEN_PLACEHOLDER : SECRET_PLACEHOLDER);
const isPassword = (name: string) => /^pass/i.test(name);
const inCapitals = (name: string) => name === name.toUpperCase();

/** What a token has at least where nothing else tells it from a word. */
const SHORTEST_TOKEN = 8;
/** Letters and digits in a row, as no sentence has them. */
const RANDOM = /^(?=[^/]*\d)[\w.~+=-][\w./~+=-]{15,}$/;

function isSecretField({ text, from, start, value, isQuoted }: Value, name: string, lead: Lead): boolean {
  if (lead === 'sentence' && !isQuoted) return isPassword(name) ? !isWord(value) : RANDOM.test(value);
  if (isPassword(name) || inCapitals(name)) return isSecretVariable(name, value);
  if (/^secret$/i.test(name)) return false;
  if (/(?:identity|registry)_?$/i.test(text.slice(Math.max(0, from - 9), from))) return true;
  const after = text.slice(start + value.length, start + value.length + 9);
  const goesOn = lead === 'line' && !isQuoted && isWord(value) && /^[ \t]+\w/.test(after);
  return value.length >= SHORTEST_TOKEN && !goesOn;
}

/** But for a password, a number may say how many there are, and a `secret` what it is called. */
function isSecretVariable(name: string, value: string): boolean {
  return isPassword(name) || !(/^\d{1,5}$/.test(value) || name === 'secret');
}
