import { createPrivateKey, createPublicKey } from 'node:crypto';

/** What logs, manifests and tools make of a PEM private key. */
type Encoding = (pem: string) => string;

const base64 = (data: string | Buffer) => Buffer.from(data).toString('base64');
const hex = (data: string | Buffer) => Buffer.from(data).toString('hex');
const wrapped = (text: string, width: number) => (text.match(new RegExp(`.{1,${width}}`, 'gs')) ?? []).join('\n');
const each = (pem: string, write: (byte: number) => string) => [...Buffer.from(pem)].map(write).join('');
const indented = (text: string, by: string) => text.trimEnd().replace(/^/gm, by);
const joined = (pem: string, by: string) => pem.trimEnd().split('\n').join(by);
const utf16 = (pem: string) => Buffer.from(pem, 'utf16le');
const tail = (pem: string) => pem.slice(Math.ceil(pem.length / 3));
const head = (pem: string) => pem.slice(0, -Math.ceil(pem.length / 3));
const two = (byte: number) => byte.toString(16).padStart(2, '0');

/** What a log writes before each line. */
export const LOG = '2026-05-04T10:00:00.000Z info  ';

/** Forms that a redactor finds without having been told of the key. */
export const RECOGNISABLE: Readonly<Record<string, Encoding>> = {
  PEM: (pem) => pem,
  'PEM with CR LF': (pem) => pem.replaceAll('\n', '\r\n'),
  'PEM in one line': (pem) => joined(pem, ' '),
  'PEM in a YAML block': (pem) => `tls.key: |\n${indented(pem, '  ')}`,
  'PEM quoted as evidence': (pem) => indented(pem, '  | '),
  'PEM with a log prefix in each line': (pem) => indented(pem, LOG),
  'PEM in lines of JSON': (pem) => joined(pem, '\n').replace(/^.*$/gm, (line) => JSON.stringify({ msg: line })),
  'PEM joined by syslog': (pem) => joined(pem, '#012'),
  'PEM joined by a decimal HTML entity': (pem) => joined(pem, '&#10;'),
  'PEM joined by a hexadecimal HTML entity': (pem) => joined(pem, '&#xA;'),
  'PEM joined by <br>': (pem) => joined(pem, '<br>'),
  'PEM joined by <br/> and a line break': (pem) => joined(pem, '<br/>\n'),
  'PEM joined by \\u000a': (pem) => joined(pem, '\\u000a'),
  'PEM without its beginning': tail,
  'PEM without its beginning, joined by syslog': (pem) => joined(tail(pem), '#012'),
  'PEM without its beginning, with a log prefix in each line': (pem) => indented(tail(pem), LOG),
  'PEM without its end': head,
  'PEM without its end, joined by <br>': (pem) => joined(head(pem), '<br>'),
  'PEM without its end, with a log prefix in each line': (pem) => indented(head(pem), LOG),
  'a string in JSON': (pem) => JSON.stringify({ key: pem, more: 1 }),
  'a string in JSON in JSON': (pem) => JSON.stringify({ body: JSON.stringify({ key: pem }) }),
  'a string in JSON, slashes escaped': (pem) => JSON.stringify({ key: pem }).replaceAll('/', '\\/'),
  'JSON escapes of all characters': (pem) => each(pem, (byte) => `\\u00${two(byte)}`),
  'HTML entities of all characters': (pem) => each(pem, (byte) => `&#${byte};`),
  'HTML entities of what is no letter': (pem) =>
    pem.replace(/[^A-Za-z0-9 ]/g, (character) => `&#x${two(character.charCodeAt(0))};`),
  'percent-encoding': encodeURIComponent,
  'percent-encoding of all characters': (pem) => each(pem, (byte) => `%${two(byte)}`),
  'a form': (pem) => new URLSearchParams({ key: pem }).toString(),
  'quoted-printable': (pem) => wrapped(JSON.stringify(pem).replaceAll('=', '=3D'), 75).replaceAll('\n', '=\r\n'),
  'quoted-printable of all characters': (pem) =>
    wrapped(
      each(pem, (byte) => `=${two(byte).toUpperCase()}`),
      75,
    ).replaceAll('\n', '=\n'),
  'UTF-16 LE': (pem) => utf16(pem).toString('latin1'),
  'UTF-16 BE': (pem) => utf16(pem).swap16().toString('latin1'),
  'UTF-16 LE with a BOM': (pem) => utf16(`\uFEFF${pem}`).toString('latin1'),
  'UTF-16 BE with a BOM, read as UTF-8': (pem) => utf16(`\uFEFF${pem}`).swap16().toString('utf8'),
  'UTF-16 LE in a string of JSON': (pem) => JSON.stringify(utf16(pem).toString('latin1')),
  'base64 of UTF-16 LE': (pem) => base64(utf16(pem)),
  'base64 of UTF-16 BE with a BOM': (pem) => base64(utf16(`\uFEFF${pem}`).swap16()),
  base64,
  'base64 behind one byte': (pem) => base64(`x${pem}`),
  'base64 behind two bytes': (pem) => base64(`xy${pem}`),
  'base64, wrapped': (pem) => wrapped(base64(pem), 76),
  'base64, wrapped and joined by \\u000A': (pem) => wrapped(base64(pem), 76).replaceAll('\n', '\\u000A'),
  'base64 without its beginning': (pem) => base64(pem).slice(61),
  'base64 of base64': (pem) => base64(base64(pem)),
  'base64 of a Secret': (pem) => base64(JSON.stringify({ data: { 'tls.key': base64(pem) } })),
  base64url: (pem) => Buffer.from(pem).toString('base64url'),
  base32: (pem) => base32(Buffer.from(pem)),
  hex,
  'hex in capitals, wrapped': (pem) => wrapped(hex(pem).toUpperCase(), 64),
  'hex with colons': (pem) => hex(pem).replace(/..(?=.)/g, '$&:'),
  'hex with colons, wrapped': (pem) => wrapped(hex(pem).replace(/..(?=.)/g, '$&:'), 54),
  'bytes as Node prints them': (pem) => `<Buffer ${hex(pem).replace(/..(?=.)/g, '$& ')}>`,
  'bytes as numbers in JSON': (pem) => JSON.stringify(Buffer.from(pem)),
  'bytes as Go prints them': (pem) => `[${[...Buffer.from(pem)].join(' ')}]`,
  'DER in base64': (pem) => base64(der(pem)),
  'DER in base64url': (pem) => der(pem).toString('base64url'),
  'DER in base64, wrapped': (pem) => wrapped(base64(der(pem)), 64),
  'DER in base32': (pem) => base32(der(pem)),
  'DER in hex': (pem) => hex(der(pem)),
  'DER of PKCS#8 v2 in base64': (pem) => base64(oneAsymmetricKey(pem)),
  'DER of PKCS#8 v2 in hex': (pem) => hex(oneAsymmetricKey(pem)),
  JWK: (pem) => JSON.stringify(createPrivateKey(pem).export({ format: 'jwk' })),
  'JWK, indented': (pem) => JSON.stringify({ keys: [createPrivateKey(pem).export({ format: 'jwk' })] }, null, 2),
};

/** Forms that could be anything, to one who does not know the key. */
export const KNOWN_ONLY: Readonly<Record<string, Encoding>> = {
  'lines of the body': (pem) => bodyOf(pem),
  'lines of the body, with a log prefix': (pem) => indented(bodyOf(pem), LOG),
  'lines of the body, joined by <BR>': (pem) => joined(bodyOf(pem), '<BR>'),
  'the body, wrapped elsewhere': (pem) => wrapped(bodyOf(pem).replaceAll('\n', ''), 50),
  'base64 of the body': (pem) => base64(bodyOf(pem)),
  'UTF-16 of the body': (pem) => utf16(bodyOf(pem)).toString('latin1'),
  'DER in base64 without its beginning': (pem) => base64(der(pem)).slice(17),
  'DER in base32 without its beginning': (pem) => base32(der(pem)).slice(21),
  'DER in hex without its beginning, with colons': (pem) => hex(der(pem).subarray(7)).replace(/..(?=.)/g, '$&:'),
  'private numbers of the JWK': (pem) => {
    const { d, p, q } = createPrivateKey(pem).export({ format: 'jwk' });
    return [d, p, q].filter((member) => member !== undefined).join(' and ');
  },
};

/** All of them: what is planted in any of these forms must not be in what a run leaves behind. */
export const ENCODINGS: Readonly<Record<string, Encoding>> = { ...RECOGNISABLE, ...KNOWN_ONLY };

const bodyOf = (pem: string) =>
  pem
    .split('\n')
    .filter((line) => !line.startsWith('-'))
    .join('\n')
    .trimEnd();

const der = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });

/** DER of PKCS#8's second version (RFC 5958), which has the public key too; ring and Bouncy Castle write it. */
export function oneAsymmetricKey(pem: string): Buffer {
  const content = Buffer.from(contentOf(der(pem)));
  content[2] = 1;
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const [, algorithm = 0] = contentOf(spki);
  const bits = contentOf(contentOf(spki).subarray(2 + algorithm));
  return element(0x30, Buffer.concat([content, element(0x81, bits)]));
}

/** What is inside of the DER element that `data` starts with. */
function contentOf(data: Buffer): Buffer {
  const [, length = 0] = data;
  return data.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f));
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, padded. */
function base32(data: Buffer): string {
  const bits = [...data].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{1,5}/g) ?? [];
  const text = letters.map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=');
}
