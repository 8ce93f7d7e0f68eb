import { ESCAPED_BREAK, LINE_JOIN } from './redact-breaks.ts';
import { TOKEN_PLACEHOLDER } from './redact-placeholders.ts';

// JSON Web Tokens over several lines: what a terminal, a mail or a log's quotation makes of them.

/** Nothing else in the rest of a line. */
const CLOSE = String.raw`["',;)}\]]*[ \t]*(?:[\r\n]|${ESCAPED_BREAK}|$)`;
const AT_CLOSE = new RegExp(CLOSE, 'y');
/** A word that begins as a token does, the lines below that are one word each, and the first word of the next. */
const RUN = new RegExp(
  String.raw`(?=e)(?:\b|(?<=${ESCAPED_BREAK}))e(?:${LINE_JOIN})?y(?:${LINE_JOIN})?J[\w.-]*` +
    String.raw`(?:${LINE_JOIN}[\w.-]+(?=${CLOSE}))*(?:${LINE_JOIN}[\w.-]+)?`,
  'g',
);
/** What every one of them has in it: most texts have not, and this is quickly seen. */
const START = /eyJ|\bey?[ \t"',]{0,40}[\r\n\\#&<]/;
const JOIN = new RegExp(`(${LINE_JOIN})`);

/** One line's part of the run; `at` is where it is in the run, `from` where without the breaks. */
interface Piece {
  at: number;
  from: number;
  text: string;
}

/** Replaces every JSON Web Token that is wrapped, at any column, with a placeholder. */
export function hideWrappedTokens(text: string): string {
  if (!START.test(text)) return text;
  return text.replace(RUN, (run, offset: number) => {
    const pieces = piecesOf(run);
    if (pieces.length === 1) return run;
    AT_CLOSE.lastIndex = offset + run.length;
    return hideIn(run, pieces, AT_CLOSE.test(text));
  });
}

function piecesOf(run: string): Piece[] {
  const pieces: Piece[] = [];
  let [at, from] = [0, 0];
  for (const [index, text] of run.split(JOIN).entries()) {
    if (index % 2 === 0) {
      pieces.push({ at, from, text });
      from += text.length;
    }
    at += text.length;
  }
  return pieces;
}

function hideIn(run: string, pieces: readonly Piece[], isClosed: boolean): string {
  const joined = pieces.map(({ text }) => text).join('');
  let current = 0;
  const seek = (from: number): number => {
    while ((pieces[current + 1]?.from ?? Infinity) <= from) current++;
    return current;
  };
  const placeOf = (from: number): number => {
    const piece = pieces[seek(from)];
    return piece === undefined ? from : piece.at + from - piece.from;
  };
  let [result, done, dot] = ['', 0, -1];
  let start = joined.indexOf('eyJ');
  while (start >= 0) {
    if (dot < start) dot = joined.indexOf('.', start);
    if (dot < 0) break;
    const second = isObject(joined, start, dot) ? joined.indexOf('.', dot + 1) : -1;
    if (!isObject(joined, dot + 1, second)) {
      start = joined.indexOf('eyJ', start + 3);
      continue;
    }
    result += run.slice(done, placeOf(start)) + TOKEN_PLACEHOLDER;
    const lines = { pieces, first: current, last: seek(second), isClosed };
    const end = endOfSignature(joined, second + 1, lengthsOf(joined.slice(start, dot)), lines);
    done = placeOf(end - 1) + 1;
    start = joined.indexOf('eyJ', end);
  }
  return result + run.slice(done);
}

const LONGEST_PART = 16_384;

/** Whether a part of a token is JSON, as its header and its claims are. */
function isObject(joined: string, start: number, end: number): boolean {
  if (end - start < 8 || end - start > LONGEST_PART) return false;
  return /^\{".*\}$/s.test(Buffer.from(joined.slice(start, end), 'base64url').toString('latin1'));
}

/** How long a signature may be (RFC 7518), in base64url; RSA's go by the key. */
const SIGNATURES: Readonly<Record<string, readonly number[]>> = {
  HS256: [43],
  HS384: [64],
  HS512: [86],
  ES256: [86],
  ES256K: [86],
  ES384: [128],
  ES512: [176],
  EdDSA: [86, 152],
};
const RSA_SIGNATURES = [342, 512, 683];

function lengthsOf(header: string): readonly number[] {
  const [, algorithm = ''] = /"alg" ?: ?"(\w+)"/.exec(Buffer.from(header, 'base64url').toString('latin1')) ?? [];
  return SIGNATURES[algorithm] ?? RSA_SIGNATURES;
}

/** The lines from that in which a token starts to that in which its claims end, and whether a word ends the run's. */
interface Lines {
  pieces: readonly Piece[];
  first: number;
  last: number;
  isClosed: boolean;
}

/** Fewer characters may be a word that is alone in its line. */
const LONG_WORD = 20;

/** Only its length, and that all lines but the last are equally long, tells where a signature ends. */
function endOfSignature(joined: string, start: number, lengths: readonly number[], lines: Lines): number {
  const { pieces, first, last, isClosed } = lines;
  const dot = joined.indexOf('.', start);
  const limit = dot < 0 ? joined.length : dot;
  let widest = Math.max(...pieces.slice(first, last).map(({ text }) => text.length), 0);
  const longest = Math.max(...lengths);
  let end = start;
  for (let index = last; index < pieces.length; index++) {
    const [piece, next] = [pieces[index], pieces[index + 1]];
    if (piece === undefined) break;
    end = Math.min(limit, piece.from + piece.text.length);
    if (next === undefined || end === limit) break;
    const [length, total] = [end - start, end - start + next.text.length];
    const isWord = next.text.length < LONG_WORD && piece.text.length < widest && !lengths.includes(total);
    widest = Math.max(widest, piece.text.length);
    if (length === 0) continue;
    const isWhole = lengths.includes(length) && !(length < longest && next.text.length === piece.text.length);
    if (index + 2 === pieces.length && !isClosed ? !lengths.includes(total) : isWhole || isWord) break;
    if (/\.[\w-]/.test(next.text)) break;
  }
  return end;
}
