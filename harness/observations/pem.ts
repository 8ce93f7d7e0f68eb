/** Who reads a PEM text. They agree on well-formed ones only. */
export type PemReader = 'Go' | 'Envoy';

export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly type: string;
  readonly der: Uint8Array<ArrayBuffer>;
  /** Lines such as `Owner: somebody` stand before its base64. */
  readonly hasHeaders: boolean;
}

export interface PemText {
  readonly blocks: readonly PemBlock[];
  /** Why blocks that a person sees are not read, a clause each; never quotes the text, which may hold a key. */
  readonly passedOver: readonly string[];
}

/** Reads a PEM text as this program does, and says what it passes over. */
export function readPem(text: string, reader: PemReader): PemText {
  const read = reader === 'Go' ? goBlocks(text) : boringBlocks(text);
  const begun = [...text.matchAll(/-----BEGIN ([^-\r\n]+)-----/g)];
  const seen = new Set(read.map(({ begin }) => begin));
  const passedOver = begun.flatMap(({ index, 1: type = '' }, at) =>
    seen.has(index)
      ? []
      : [`${reader} does not read block ${at + 1} of ${begun.length} (${type}): ${why(text, index)}`],
  );
  return { blocks: read.map(({ type, der, hasHeaders }) => ({ type, der, hasHeaders })), passedOver };
}

interface FoundBlock extends PemBlock {
  /** Where its BEGIN line starts. */
  readonly begin: number;
}

/** The likeliest of the reasons that real texts have shown. */
function why(text: string, begin: number): string {
  const before = text.slice(0, begin);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  if (line.startsWith('\ufeff')) return 'a byte order mark stands before it';
  if (!text.includes('\n') || line.includes('\r')) return 'its lines end in CR alone';
  if (line !== '' && line.trim() === '') return 'it is indented';
  if (line !== '') return 'its BEGIN line does not start a line: there is no line end before it';
  const end = text.indexOf('-----END ', begin);
  const next = text.indexOf('-----BEGIN ', begin + 1);
  if (end < 0 || (next >= 0 && next < end)) return 'its END line is missing';
  const endLine = /^-----END [^-\r\n]+-----([^\r\n]*)/.exec(text.slice(end));
  if (endLine?.[1]?.trim() !== '') return 'something follows on its END line';
  return 'it is not well-formed base64 between its lines';
}

const START = '\n-----BEGIN ';
const END = '\n-----END ';
const DASHES = '-----';

/** Go's pem.Decode until nothing is left (encoding/pem/pem.go). */
function goBlocks(text: string): FoundBlock[] {
  const found: FoundBlock[] = [];
  // As bytes, which is what is counted there.
  let rest = Buffer.from(text).toString('latin1');
  const whole = rest;
  for (;;) {
    const block = decodeOne(rest);
    if (block === undefined) return found.map((one) => ({ ...one, begin: characters(whole, one.begin) }));
    found.push({ ...block, begin: whole.length - rest.length + block.begin });
    rest = block.rest;
  }
}

/** Index in the text of an index in its bytes. */
const characters = (bytes: string, index: number): number =>
  Buffer.from(bytes.slice(0, index), 'latin1').toString().length;

function decodeOne(data: string): (FoundBlock & { rest: string }) | undefined {
  let rest = data;
  for (;;) {
    if (rest.startsWith(START.slice(1))) rest = rest.slice(START.length - 1);
    else {
      const at = rest.indexOf(START);
      if (at < 0) return undefined;
      rest = rest.slice(at + START.length);
    }
    const begin = data.length - rest.length - (START.length - 1);
    const [typeLine, afterType] = goLine(rest);
    rest = afterType;
    if (!typeLine.endsWith(DASHES)) continue;
    const type = typeLine.slice(0, -DASHES.length);
    let headers = 0;
    for (;;) {
      if (rest === '') return undefined;
      const [line, next] = goLine(rest);
      if (!line.includes(':')) break;
      headers += 1;
      rest = next;
    }
    const atOnce = headers === 0 && rest.startsWith(END.slice(1));
    const end = atOnce ? 0 : rest.indexOf(END);
    if (end < 0) continue;
    const trailer = rest.slice(end + END.length - (atOnce ? 1 : 0));
    if (!trailer.startsWith(`${type}${DASHES}`)) continue;
    if (goLine(trailer.slice(type.length + DASHES.length))[0] !== '') continue;
    const der = decoded(rest.slice(0, end).replaceAll(/[ \t]/g, ''));
    if (der === undefined) continue;
    const [, after] = goLine(rest.slice(end + END.length - 1));
    return { type, der, begin, hasHeaders: headers > 0, rest: after };
  }
}

function goLine(data: string): [line: string, rest: string] {
  const at = data.indexOf('\n');
  if (at < 0) return [data.replace(/[ \t]+$/, ''), ''];
  return [
    data
      .slice(0, at)
      .replace(/\r$/, '')
      .replace(/[ \t]+$/, ''),
    data.slice(at + 1),
  ];
}

/** Base64 with line ends in it; undefined if it is none. */
function decoded(body: string): Uint8Array<ArrayBuffer> | undefined {
  const base64 = body.replaceAll(/[\r\n]/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return undefined;
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Of a line, as many characters as BIO_gets takes at once. */
const LONGEST_READ = 253;
/** A longer line of base64 ends what is read, a shorter one is the last. */
const LINE = 64;

/**
 * BoringSSL's PEM_read_bio until nothing is left (crypto/pem/pem_lib.cc). One block that is broken makes the whole text
 * unreadable: nothing is read then.
 */
function boringBlocks(text: string): FoundBlock[] {
  const lines = boringLines(text);
  const found: FoundBlock[] = [];
  for (let at = 0; ;) {
    while (at < lines.length && !/^-----BEGIN .*-----$/.test(lines[at]?.text ?? '')) at += 1;
    const first = lines[at];
    if (first === undefined) return found;
    const type = first.text.slice('-----BEGIN '.length, -DASHES.length);
    const read = boringBody(lines, at + 1, type);
    if (read === undefined) return [];
    found.push({ type, der: read.der, begin: first.index, hasHeaders: false });
    at = read.next;
  }
}

interface Line {
  readonly text: string;
  readonly index: number;
}

/** Without blanks at the end; a line that is too long counts as several. */
function boringLines(text: string): Line[] {
  const lines: Line[] = [];
  for (let index = 0; index < text.length;) {
    const end = text.indexOf('\n', index);
    const stop = Math.min(end < 0 ? text.length : end + 1, index + LONGEST_READ);
    // eslint-disable-next-line no-control-regex -- whatever sorts before a space
    lines.push({ text: text.slice(index, stop).replace(/[\u0000- ]+$/, ''), index });
    index = stop;
  }
  return lines;
}

function boringBody(
  lines: readonly Line[],
  from: number,
  type: string,
): { der: Uint8Array<ArrayBuffer>; next: number } | undefined {
  const isEnd = (text: string) => text.startsWith('-----END ');
  const rest = lines.slice(from).map(({ text }) => text);
  // Up to an empty line there are headers; without one they were the body.
  let at = rest.findIndex((text) => text === '' || isEnd(text));
  if (at < 0) return undefined;
  const body = rest.slice(0, at);
  if (rest[at] === '') {
    // Only those of an encrypted key are known.
    if (body.length > 0) return undefined;
    for (const text of rest.slice(at + 1)) {
      at += 1;
      if (isEnd(text) || text.length > LINE) break;
      body.push(text);
      if (text.length === LINE) continue;
      at += 1;
      break;
    }
  }
  if (rest[at] !== `-----END ${type}-----`) return undefined;
  const der = decoded(body.join('').replaceAll(/[ \t]/g, ''));
  return der === undefined ? undefined : { der, next: from + at + 1 };
}
