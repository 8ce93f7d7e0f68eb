import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createIntermediate, createRoot } from '../verdict/trust/issue.ts';
import { readAuthority } from './authorities.ts';

let root: Authority;
let ca: Authority;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root' });
  ca = await createIntermediate(root, { commonName: 'CA' });
});

const secret = (name: string, files: Record<string, string>, type = 'Opaque') => ({
  metadata: { namespace: 'istio-system', name },
  type,
  data: Object.fromEntries(Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString('base64')])),
});
const names = (certificates: readonly { subject: string }[]) => certificates.map(({ subject }) => subject);
const whole = () => ca.chain.map(({ pem }) => pem).join('');

describe('cacerts', () => {
  it('in Istio’s form: the certificate, what comes with it, the root', () => {
    const files = {
      'ca-cert.pem': ca.certificate.pem,
      'ca-key.pem': ca.privateKey.pem(),
      'cert-chain.pem': whole(),
      'root-cert.pem': root.certificate.pem,
    };
    const read = readAuthority('cacerts', 'istio-system/istiod', secret('cacerts', files));
    expect(read).toMatchObject({ id: 'istio-system/cacerts', plane: 'istio-system/istiod', problem: undefined });
    expect(names(read.chain)).toEqual(['CN=CA', 'CN=Root']);
    expect(names(read.roots)).toEqual(['CN=Root']);
    expect(JSON.stringify(read)).not.toContain('PRIVATE');
  });

  it('in the form of kubernetes.io/tls, as cert-manager writes it', () => {
    const files = { 'tls.crt': whole(), 'tls.key': ca.privateKey.pem(), 'ca.crt': root.certificate.pem };
    const read = readAuthority('cacerts', undefined, secret('cacerts', files, 'kubernetes.io/tls'));
    expect([names(read.chain), names(read.roots), read.problem]).toEqual([
      ['CN=CA', 'CN=Root'],
      ['CN=Root'],
      undefined,
    ]);
  });

  it('says which files are missing, or empty, or no certificates', () => {
    const files = { 'ca-cert.pem': ca.certificate.pem, 'ca-key.pem': '', 'root-cert.pem': 'nonsense' };
    const read = readAuthority('cacerts', undefined, secret('cacerts', files));
    expect(read.problem).toBe('ca-key.pem is empty; cert-chain.pem is missing; root-cert.pem holds no certificate');
    expect(names(read.chain)).toEqual(['CN=CA']);
    expect(read.roots).toEqual([]);
  });
});

it('in the form of kubernetes.io/tls is read as istiod joins its files', () => {
  const files = {
    'tls.crt': ca.certificate.pem.trimEnd(),
    'tls.key': ca.privateKey.pem(),
    'ca.crt': root.certificate.pem,
  };
  const read = (of: Record<string, string>) => readAuthority('cacerts', undefined, secret('cacerts', of)).problem;
  expect(read(files)).toMatch(
    /^tls\.crt and ca\.crt joined: Go does not read block 1 of 2 \(CERTIFICATE\): something follows on its END line/,
  );
  expect(read({ ...files, 'tls.crt': ca.certificate.pem })).toBeUndefined();
});

describe('a CA of istiod’s own making', () => {
  it.each([
    ['istio-ca-secret', 'istio.io/ca-root', {}],
    ['cacerts', 'istio.io/ca-root', { 'istio-generated': '' }],
    ['cacerts', 'Opaque', { 'istio-generated': '' }],
  ] as const)('in %s of type %s is its own root and has no chain', (name, type, mark) => {
    const own = { 'ca-cert.pem': root.certificate.pem, 'ca-key.pem': root.privateKey.pem(), 'cert-chain.pem': '' };
    const files = { ...own, ...mark };
    const read = readAuthority(name, undefined, secret(name, files, type));
    expect([names(read.chain), names(read.roots), read.problem]).toEqual([['CN=Root'], ['CN=Root'], undefined]);
    expect(read.isSelfMade).toBe(true);
  });

  it('is told by istiod’s mark, not by the type of the Secret', () => {
    const own = { 'ca-cert.pem': root.certificate.pem, 'ca-key.pem': root.privateKey.pem() };
    const files = { ...own, 'cert-chain.pem': '', 'root-cert.pem': '' };
    const read = readAuthority('cacerts', undefined, secret('cacerts', files, 'istio.io/ca-root'));
    expect([read.isSelfMade, read.problem]).toEqual([false, 'root-cert.pem is empty']);
  });
});

describe('istiod-tls', () => {
  it('needs no root beside it', () => {
    const files = { 'tls.crt': ca.certificate.pem, 'tls.key': ca.privateKey.pem() };
    const read = readAuthority('istiod-tls', undefined, secret('istiod-tls', files));
    expect([names(read.chain), read.roots, read.problem]).toEqual([['CN=CA'], [], undefined]);
  });

  it('may be empty', () => {
    const read = readAuthority('istiod-tls', undefined, { metadata: { namespace: 'a', name: 'istiod-tls' } });
    expect([read.chain, read.problem]).toEqual([[], 'tls.crt is missing; tls.key is missing']);
  });
});
