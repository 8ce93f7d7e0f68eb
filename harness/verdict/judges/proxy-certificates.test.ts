import { describe, expect, it } from 'vitest';
import type { HeldByProxy, ProxyIdentity } from '../../observations/proxy.ts';
import { createIntermediate, createRoot, issueLeaf } from '../trust/issue.ts';
import { pemBundle, readCertificates, recordCertificates } from './proxy-certificates.ts';

const root = await createRoot({ commonName: 'Root' });
const ca = await createIntermediate(root, { commonName: 'CA' });
const holder = (name: string): ProxyIdentity => ({ name, namespace: 'a', plane: 'mesh', serviceAccount: 'default' });
const held = await Promise.all(
  ['one', 'two'].map(async (name): Promise<HeldByProxy> => {
    const leaf = await issueLeaf(ca, { spiffeId: `spiffe://cluster.local/ns/a/sa/${name}` });
    return { proxy: holder(name), chain: leaf.chain, roots: [root.certificate] };
  }),
);

describe('what proxies hold', () => {
  const recorded = recordCertificates(held, new Date(0));

  it('is recorded with each certificate once, and read back the same', () => {
    expect(Object.keys(recorded.certificates)).toHaveLength(4);
    expect(recorded.at).toBe('1970-01-01T00:00:00.000Z');
    expect(readCertificates(JSON.parse(JSON.stringify(recorded)) as typeof recorded)).toEqual(held);
  });

  it('cannot be read where a certificate is missing', () => {
    expect(() => readCertificates({ ...recorded, certificates: {} })).toThrow(
      /^the evidence lacks the certificate [0-9a-f]{16}$/,
    );
  });
});

describe('a bundle', () => {
  it('reads as its certificates, or says that it holds none', () => {
    expect(pemBundle(root.certificate.pem).reads).toEqual([expect.stringContaining('CN=Root')]);
    expect(pemBundle('').reads).toEqual(['there is no CERTIFICATE block in the PEM text']);
  });
});
