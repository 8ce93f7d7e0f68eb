import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, type webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator, X509CrlGenerator } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE, ecKey, linesOf, rsaKey } from './testing/canary.ts';
import { oneAsymmetricKey } from './testing/encodings.ts';
import { redact, Redactor } from './redact.ts';

const base64 = (data: string | Buffer) => Buffer.from(data).toString('base64');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const joined = (pem: string, by: string) => pem.trimEnd().split('\n').join(by);
const spaced = (text: string, by = '\0') => text.replace(/.(?=.)/gs, `$&${by}`);
const logged = (text: string) => text.trimEnd().replace(/^/gm, '2026-05-04T10:00:00Z info  ');

const KEYS = {
  RSA: rsaKey('pkcs1'),
  EC: ecKey('sec1'),
  'RSA in PKCS#8': rsaKey('pkcs8'),
  Ed25519: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  'encrypted PKCS#1': createPrivateKey(rsaKey('pkcs1')).export({
    type: 'pkcs1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }) as string,
  'encrypted PKCS#8': createPrivateKey(rsaKey('pkcs1')).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }) as string,
};

const BREAKS = ['#012', '#015#012', '&#10;', '&#13;&#10;', '&#xA;', '&#x0a;', '<br>', '<BR/>', '<br />\n', '\\u000a'];
const MORE_BREAKS = ['\\u000A', '\\\\u000a', '\\u000d\\u000a', '\\x0a', '\\012', '&amp;#10;', '\\u003cbr\\u003e'];

describe.each(Object.entries(KEYS))('%s', (_kind, pem) => {
  const lines = linesOf(pem);

  function expectGone(text: string, placeholder = '[redacted private key]'): void {
    const result = redact(text);
    expect(result).toContain(placeholder);
    for (const line of lines) {
      expect(result).not.toContain(line);
      expect(result).not.toContain(spaced(line));
    }
    expect(redact(result)).toBe(result);
  }

  it.each([...BREAKS, ...MORE_BREAKS])('is taken out of one line, joined by %j', (by) => {
    expect(redact(`<6>May 4 istiod: key ${joined(pem, by)}${by} was read`)).toBe(
      `<6>May 4 istiod: key [redacted private key]${by} was read`,
    );
    const [begin = '', ...rest] = pem.trimEnd().split('\n');
    expectGone(`key ${rest.slice(1).join(by)}${by}was read`);
    expectGone(`key ${[begin, ...rest.slice(0, -1)].join(by)}${by}was read`);
  });

  it.each([
    ['LE', utf16(pem).toString('latin1')],
    ['LE with a BOM', utf16(`\uFEFF${pem}`).toString('latin1')],
    ['LE with a BOM, read as UTF-8', utf16(`\uFEFF${pem}`).toString('utf8')],
    ['BE', utf16(pem).swap16().toString('latin1')],
    ['BE with a BOM', utf16(`\uFEFF${pem}`).swap16().toString('latin1')],
    ['BE with a BOM, read as UTF-8', utf16(`\uFEFF${pem}`).swap16().toString('utf8')],
    ['with a NUL between characters', spaced(pem)],
    ['in 32 bits', spaced(pem, '\0\0\0')],
    ['LE in JSON', JSON.stringify(utf16(pem).toString('latin1'))],
    ['BE in YAML', `"${pem.trimEnd().replace(/./gs, (one) => `\\0${one === '\n' ? '\\n' : one}`)}"`],
  ])('is taken out of UTF-16 %s', (_form, text) => {
    expectGone(text);
    const [before, after] = [utf16('before: it\n'), utf16('after: it\n')].map((one) => one.toString('latin1'));
    const around = redact(`${before}${utf16(pem).toString('latin1')}${after}`).replaceAll('\0', '');
    expect(around).toBe('before: it\n[redacted private key]\nafter: it\n');
  });

  it.each([
    ['LE', utf16(pem)],
    ['BE', utf16(pem).swap16()],
    ['LE with a BOM', utf16(`\uFEFF${pem}`)],
    ['BE with a BOM', utf16(`\uFEFF${pem}`).swap16()],
  ])('is taken out of the base64 of UTF-16 %s', (_form, bytes) => {
    expect(redact(`key: ${base64(bytes)}\n`)).toBe('key: [redacted encoded secret]\n');
    expect(redact(`key: ${bytes.toString('hex')}\n`)).toBe('key: [redacted encoded secret]\n');
  });

  it('is taken out of a log that lacks its beginning', () => {
    const rest = [...lines.slice(1), pem.trimEnd().split('\n').at(-1)];
    expect(redact(`${logged('before: it')}\n${logged(rest.join('\n'))}\n${logged('after: it')}\n`)).toBe(
      `${logged('before: it')}\n${logged('[redacted private key]')}\n${logged('after: it')}\n`,
    );
    expectGone(logged(pem.slice(45)));
    expectGone(pem.slice(45).replace(/^.+$/gm, '{"level":"info","msg":"$&"}'));
    expectGone(pem.slice(45).replace(/^.+$/gm, '2026-05-04 [info] "$&"'));
    expectGone(joined(logged(pem.slice(45)), '\r\n'));
  });

  it('is taken out of a log that lacks its end', () => {
    const start = pem.split('\n').slice(0, -2).join('\n');
    expectGone(`${logged('before: it')}\n${logged(start)}\n${logged('after: it')}\n`);
    expectGone(`${logged(pem.slice(0, -60))}\n${logged('after: it')}`);
    expect(redact(`${logged(start)}\n${logged('after: it')}`)).toContain('info  after: it');
  });
});

/** WebCrypto's types have a signature for each kind of algorithm, and give a pair for all of these. */
const makeKeys = async (algorithm: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | webcrypto.Algorithm) =>
  (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;

describe('PKCS#8 v2', () => {
  const v2 = (['ed25519', 'x25519'] as const).map((type) =>
    generateKeyPairSync(type as 'ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ) as string[];

  it.each([...v2, rsaKey('pkcs8'), ecKey('pkcs8')].map((pem) => [oneAsymmetricKey(pem)]))(
    'is known by its DER',
    (der) => {
      expect(redact(`key=${base64(der)}.`)).toBe('key=[redacted encoded secret].');
      expect(redact(`key=${base64(Buffer.concat([Buffer.from('x'), der]))}.`)).toBe('key=[redacted encoded secret].');
      expect(redact(`key=${der.toString('hex')}.`)).toBe('key=[redacted encoded secret].');
    },
  );

  it.each([
    [
      'RSASSA-PKCS1-v1_5',
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    ],
    ['ECDSA', { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }],
    ['Ed25519', { name: 'Ed25519' }],
  ])('is not mistaken for a revocation list or a request: %s', async (_name, algorithm) => {
    const keys = await makeKeys(algorithm);
    const list = await X509CrlGenerator.create({
      issuer: 'CN=mesh',
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
    });
    const request = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=mesh',
      keys,
      signingAlgorithm: algorithm,
    });
    for (const { rawData } of [list, request]) {
      const text = base64(Buffer.from(rawData));
      expect(redact(text)).toBe(text);
      expect(redact(Buffer.from(rawData).toString('hex'))).toBe(Buffer.from(rawData).toString('hex'));
    }
  });
});

describe('a JWT', () => {
  const part = (value: object | Buffer) =>
    (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');
  const claims = {
    iss: 'kubernetes/serviceaccount',
    sub: 'system:serviceaccount:istio-system:istiod',
    exp: 1777888999,
  };
  const sign = (alg: string, bytes: number) =>
    [part({ alg, kid: 'aB3' }), part({ ...claims, jti: alg }), part(Buffer.alloc(bytes, alg))].join('.');
  const TOKENS = [sign('RS256', 256), sign('ES256', 64), sign('HS256', 32), sign('RS512', 512), sign('EdDSA', 64)];
  const wrap = (text: string, width: number, by = '\n') => text.match(new RegExp(`.{1,${width}}`, 'g'))!.join(by);

  it.each(TOKENS)('is taken out wrapped at any column: %s', (jwt) => {
    for (let width = 1; width <= 100; width++) {
      for (const by of ['\n', '\r\n', '\n    ', '\n  | ', '\\n', '#012', '<br>']) {
        const result = redact(`before: it\ntoken ${wrap(jwt, width, by)}\nafter: it\n`);
        if (result !== 'before: it\ntoken [redacted token]\nafter: it\n') expect([width, by, result]).toEqual([]);
      }
    }
    expect(redact(`  | ${wrap(jwt, 76, '\n  | ')}\n  | done\n`)).toBe('  | [redacted token]\n  | done\n');
    expect(redact(wrap(`the token ${jwt} has expired`, 76))).toMatch(/^the token \[redacted token\]\s+has\s+expired$/);
  });

  it.each(TOKENS)('is taken out with its dots at line ends: %s', (jwt) => {
    expect(redact(`${jwt.replaceAll('.', '.\n')}\ndone`)).toBe('[redacted token]\ndone');
    expect(redact(`${jwt.replaceAll('.', '\n  .')}\ndone`)).toBe('[redacted token]\ndone');
    expect(redact(`"${jwt.replaceAll('.', '."\n"')}"\ndone`)).toBe('"[redacted token]"\ndone');
  });

  it('is taken out each on a line of its own', () => {
    expect(redact(TOKENS.join('\n'))).toBe(TOKENS.map(() => '[redacted token]').join('\n'));
    expect(redact(TOKENS.map((jwt) => wrap(jwt, 76)).join('\n'))).toBe(TOKENS.map(() => '[redacted token]').join('\n'));
    expect(redact(`${TOKENS[0]}\nistio-ingressgateway\ndetails-v1-7d4d9d5fcb-abcde`)).toBe(
      '[redacted token]\nistio-ingressgateway\ndetails-v1-7d4d9d5fcb-abcde',
    );
  });

  it('that lacks its first or last part is one still', () => {
    const [header, payload, signature] = TOKENS[0]!.split('.');
    expect(redact(`x ${payload}.${signature} y`)).toBe('x [redacted token] y');
    expect(redact(`x ${header}.${payload} y`)).toBe('x [redacted token] y');
  });
});

it.each([
  'eyJhbGciOiJSUzI1NiJ9\nistio-ingressgateway.istio-system.svc-cluster-local',
  'eyJhbGciOiJSUzI1NiJ9 is the header\nof.a.token',
  '2026-05-04 info see -----END CERTIFICATE-----',
  'info connected to 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\ninfo done',
  '<p>one<br>two&#10;three#012four\\u000afive</p>',
  `\0\0\0${'binary\0'.repeat(9)}`,
  spaced('nothing secret, but in UTF-16'),
  'size=3D2E4F5A6B7C8D9E0F1A2B3C4D5E6F7A8B9C0D1E2F3',
  '[1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#x2F;&#43;&#61;&amp;&nbsp;and&nbsp;so&nbsp;on&hellip;',
  'C:\\Users\\istio\\x86\\u0041\\101\\new\\readme.txt',
])('leaves alone: %j', (text) => expect(redact(text)).toBe(text));

it('leaves a certificate alone in all those forms', () => {
  const { pem, key } = CERTIFICATE;
  const redactor = new Redactor();
  redactor.know(key);
  for (const by of [...BREAKS, ...MORE_BREAKS]) expect(redactor.redact(joined(pem, by))).toBe(joined(pem, by));
  for (const text of [utf16(pem).toString('latin1'), base64(utf16(pem)), logged(pem), logged(pem.slice(70))])
    expect(redactor.redact(text)).toBe(text);
});

/** What would take hours if a regular expression tried every way to read it. */
const REPEATED = [
  ...[
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa\n',
    'eyJhbGciOiJ9.',
    'token: ',
    'token ',
    '--token ',
    'password=',
    'password:\\',
    'cookie: ',
    'cookie: a=',
  ],
  ...[
    '://',
    '://a:',
    'a:b@',
    'K3S_TOKEN=',
    'name: X_TOKEN,',
    '{"kty":',
    '"kty":"d":"',
    '{',
    'auth": "',
    '\\',
    '\\"',
    '"',
    "'",
    '\0',
    '\0a',
    '\\0',
    'a\\u0000',
  ],
  ...[
    '%41',
    '=41',
    '=\n',
    '&#65;',
    '&',
    '<br>',
    '<',
    '#012',
    '\\u000a',
    '\\n',
    'A2',
    'AB',
    '0a',
    '0a:',
    '12 ',
    '1,',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '-----END PRIVATE KEY-----\n',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----\n2026 info ',
    '2026 info AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n',
    ' ',
    '\n',
    'a',
    '=',
    '-',
    '.',
    ',',
    '[redacted ',
  ],
];

/** Milliseconds of this thread's own time, whatever else the machine is doing. */
function timeOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

it.each(REPEATED)('takes little time for %j again and again', (piece) => {
  const text = piece.repeat(Math.ceil(2 ** 17 / piece.length));
  expect(timeOf(() => redact(`${text}!\n-----END PRIVATE KEY-----`))).toBeLessThan(1000);
});

it.each(['A2', '\\u000a', 'token: ', 'password=<', 'eyJaaaaaaaa\n'])('takes little time for 1 MiB of %j', (piece) => {
  const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
  expect(timeOf(() => redact(text))).toBeLessThan(3000);
});
