import { KEY_PLACEHOLDER } from './pem.ts';
import { hideValues, MARK, QUOTE } from './redact-values.ts';

const TYPE = new RegExp(String.raw`\bkty(?:${MARK})?[ \t]*:`);
/** What RFC 7518 lists as private, of every type of key. */
const MEMBER = new RegExp(String.raw`(?<![\w-])(?:dp|dq|qi|[dpqk])(?:${MARK})?[ \t]*:[ \t]*${QUOTE}`, 'g');
/** Without quotes a single letter says little: what is behind it has to look like a number of a key. */
const NUMBER = /^[\w-]{22,}$/;

/** Takes the private members out of what has a `kty` beside them, as a JSON Web Key has. */
export function hidePrivateMembers(text: string): string {
  if (!text.includes('kty')) return text;
  return text.replace(/[^{}]+/g, (members) =>
    TYPE.test(members)
      ? hideValues(members, MEMBER, ({ value, isQuoted }) =>
          isQuoted || NUMBER.test(value) ? { placeholder: KEY_PLACEHOLDER } : undefined,
        )
      : members,
  );
}
