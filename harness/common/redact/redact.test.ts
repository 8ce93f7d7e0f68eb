import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE, ecKey, linesOf, rsaKey } from './testing/canary.ts';
import { redact, Redactor } from './redact.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const wrapped = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}`, 'g'))!.join('\n');
const indented = (text: string, by: string) => text.replace(/^/gm, by);
const body = (pem: string) => linesOf(pem).join('\n');

const rsa = rsaKey('pkcs1');
const ec = ecKey('sec1');
const KEYS = {
  'PKCS#1': rsa,
  'PKCS#8 RSA': rsaKey('pkcs8'),
  'SEC 1': ec,
  'PKCS#8 EC': ecKey('pkcs8'),
  'encrypted PKCS#8': createPrivateKey(rsa).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }) as string,
  'encrypted PKCS#1': createPrivateKey(rsa).export({
    type: 'pkcs1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }) as string,
  OpenSSH: rsa.replaceAll('RSA', 'OPENSSH'),
  Ed25519: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
};

/** Each form a key may have in what is recorded; none of its lines may be left, and `before` and `after` must be. */
const FORMS: Record<string, (pem: string) => string> = {
  plain: (pem) => pem,
  'with CR LF': (pem) => pem.replaceAll('\n', '\r\n'),
  'indented as in YAML': (pem) => `tls.key: |\n${indented(pem, '    ')}`,
  'quoted as evidence of a failure': (pem) => indented(pem, '  | '),
  'escaped in JSON': (pem) => JSON.stringify({ key: pem, more: 1 }),
  'escaped in JSON in JSON': (pem) => JSON.stringify(JSON.stringify({ key: pem, more: 1 })),
  'in one line': (pem) => pem.replaceAll('\n', ' '),
  'in a URL': (pem) => encodeURIComponent(pem),
  'with a log prefix in each line': (pem) => indented(pem, '2026-05-04T10:00:00Z debug '),
  'without its end': (pem) => pem.split('\n').slice(0, -3).join('\n'),
  'without its end, in the midst of a line': (pem) => pem.slice(0, -60),
  'without its end, escaped': (pem) => JSON.stringify({ key: pem.slice(0, -60), more: 1 }),
  'without its beginning': (pem) => pem.split('\n').slice(2).join('\n'),
  'without its beginning, quoted': (pem) => indented(pem.split('\n').slice(2).join('\n'), '  | '),
  'without its beginning, escaped': (pem) => JSON.stringify(pem).slice(50),
  'in base64': base64,
  'in base64, behind one byte': (pem) => base64(`x${pem}`),
  'in base64, behind two bytes': (pem) => base64(`xy${pem}`),
  'in a Secret': (pem) => `data:\n  ca-key.pem: ${base64(pem)}\n  other: aGVsbG8=`,
  'in wrapped base64': (pem) => wrapped(base64(pem), 76),
  'in the base64 of a Secret': (pem) => base64(JSON.stringify({ data: { key: base64(pem) } })),
  'in base64 without its beginning': (pem) => base64(pem).slice(61),
  'in base64url': (pem) => Buffer.from(pem).toString('base64url'),
  'in a URL without its beginning': (pem) => encodeURIComponent(pem).slice(60),
  'in hex, wrapped and cut': (pem) => wrapped(Buffer.from(pem).toString('hex').slice(1), 77),
  'in hex': (pem) => Buffer.from(pem).toString('hex'),
};

describe.each(Object.entries(KEYS))('%s', (_kind, pem) => {
  it.each(Object.entries(FORMS))('is taken out %s', (_form, render) => {
    const text = `before: it\n${render(pem)}\nafter: it`;
    const result = redact(text);
    expect(result.startsWith('before: it\n') && result.endsWith('\nafter: it')).toBe(true);
    for (const line of linesOf(pem)) {
      expect(result).not.toContain(line);
      expect(result).not.toContain(base64(line).slice(4, -4));
      expect(result).not.toContain(Buffer.from(line).toString('hex'));
    }
    expect(result).toMatch(/\[redacted (private key|encoded secret)\]/);
    expect(redact(result)).toBe(result);
  });
});

const READABLE = Object.entries(KEYS).filter(([kind]) => !kind.startsWith('encrypted'));
it.each(READABLE)('%s is known by its DER alone', (_kind, pem) =>
  expect(redact(`key=${linesOf(pem).join('')}.`)).toBe('key=[redacted encoded secret].'),
);

describe('known keys', () => {
  const redactor = new Redactor();
  for (const pem of [rsa, ec]) redactor.know(pem);

  it.each([
    ['body', body(rsa)],
    ['body, unwrapped', linesOf(rsa).join('')],
    ['body, wrapped elsewhere', wrapped(linesOf(rsa).join(''), 50)],
    ['body of the same key in another format', body(KEYS['PKCS#8 RSA'])],
    ['base64 of the body', base64(body(rsa))],
    ['body of an EC key', body(ec)],
    ['one private line of it', linesOf(rsa).at(-5)!],
    ['private bytes in hex', Buffer.from(linesOf(rsa).join(''), 'base64').subarray(-300).toString('hex')],
    [
      'openssl -text',
      wrapped(
        Buffer.from(linesOf(rsa).join(''), 'base64')
          .subarray(-300)
          .toString('hex')
          .replace(/..(?=.)/g, '$&:'),
        45,
      ),
    ],
  ])('are found by their %s', (_what, text) => {
    expect(redactor.redact(`before ${text}.`)).toMatch(/^before \[redacted encoded secret\]\.$/);
  });

  it('do not hide the certificate of the same key', () => {
    const known = new Redactor();
    known.know(CERTIFICATE.key);
    const texts = [
      CERTIFICATE.pem,
      base64(CERTIFICATE.pem),
      linesOf(CERTIFICATE.pem).join(''),
      JSON.stringify(CERTIFICATE.pem),
      Buffer.from(linesOf(CERTIFICATE.pem).join(''), 'base64').toString('hex'),
    ];
    for (const text of texts) expect(known.redact(text)).toBe(text);
    expect(known.redact(CERTIFICATE.pem + CERTIFICATE.key + CERTIFICATE.pem)).toBe(
      `${CERTIFICATE.pem}[redacted private key]\n${CERTIFICATE.pem}`,
    );
  });

  it('may be any other string', () => {
    const known = new Redactor();
    known.know('pass"word\n');
    expect(
      known.redact(`pass"word ${JSON.stringify('pass"word')} ${base64('pass"word')} ${base64('the pass"word it is')}`),
    ).toBe('[redacted secret] "[redacted secret]" [redacted secret] [redacted encoded secret]');
    expect(() => known.know('x')).toThrow(new RangeError("a secret of 1 characters can't be redacted"));
  });
});

describe('tokens', () => {
  const jwt = `${base64('{"alg":"RS256","kid":"x"}').replaceAll('=', '')}.${base64('{"iss":"kubernetes","sub":"me"}').replaceAll('=', '')}.c2lnbmF0dXJl`;

  it.each([
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted token]'],
    ['"authorization":"Bearer abcdef","a":1', '"authorization":"Bearer [redacted token]","a":1'],
    ['Authorization:[Bearer abcdef]', 'Authorization:[Bearer [redacted token]]'],
    ['authorization: basic dXNlcjpwYXNz', 'authorization: basic [redacted token]'],
    ['sent bearer 0123456789abcdef0123', 'sent bearer [redacted token]'],
    [`jwt=${jwt};`, 'jwt=[redacted token];'],
    ['  token: sha256~abcdef', '  token: [redacted token]'],
    ['- token: "abcdefgh"', '- token: "[redacted token]"'],
    ['{"token":"abcdefgh"}', '{"token":"[redacted token]"}'],
    ['{\\"token\\":\\"abcdefgh\\"}', '{\\"token\\":\\"[redacted token]\\"}'],
    ['    client-key-data: c2VjcmV0c2VjcmV0', '    client-key-data: [redacted private key]'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(expected)).toBe(expected);
  });
});

it.each([
  'failed to validate token: expired yesterday',
  'upstream connect error: TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED',
  'spiffe://cluster.local/ns/openshift-ingress/sa/openshift-gateway-openshift-default',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'see -----BEGIN CERTIFICATE----- and Bearer authentication',
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA',
])('leaves alone: %s', (text) => expect(redact(text)).toBe(text));

it('takes little time for a large log', () => {
  const redactor = new Redactor();
  redactor.know(rsa);
  const line =
    '2026-05-04T10:00:00.123456Z info xdsproxy connected to upstream istiod-openshift-gateway.openshift-ingress.svc:15012\n';
  const log = line.repeat(8000) + 'A'.repeat(200_000) + `\n${CERTIFICATE.pem}`.repeat(100) + 'ab'.repeat(50_000);
  const started = performance.now();
  expect(redactor.redact(log)).toBe(log);
  expect(performance.now() - started).toBeLessThan(3000);
});
