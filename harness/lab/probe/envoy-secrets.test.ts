import { beforeAll, describe, expect, it } from 'vitest';
import { createRoot, type Credential, issueLeaf } from '../../verdict/trust/issue.ts';
import { parseEnvoySecrets } from './envoy-secrets.ts';

let root: Credential;
let leaf: Credential;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root' });
  leaf = await issueLeaf(root, { spiffeId: 'spiffe://cluster.local/ns/a/sa/b' });
});

const bytes = (chain: Credential['chain']) => ({
  inline_bytes: Buffer.from(chain.map(({ pem }) => pem).join('')).toString('base64'),
});

describe('parseEnvoySecrets', () => {
  it('reads the workload’s chain and ROOTCA among whatever else there is', () => {
    const dump = {
      configs: [
        null,
        { name: 'kubernetes://gateway-cert', secret: { tls_certificate: { certificate_chain: bytes(root.chain) } } },
        { name: 'default', secret: { tls_certificate: { certificate_chain: bytes(leaf.chain) } } },
        { name: 'ROOTCA', secret: { validation_context: { trusted_ca: bytes(root.chain) } } },
      ],
    };
    const { chain, roots } = parseEnvoySecrets(JSON.stringify(dump));
    expect(chain?.map(({ fingerprint }) => fingerprint)).toEqual(leaf.chain.map(({ fingerprint }) => fingerprint));
    expect(roots?.map(({ subject }) => subject)).toEqual(['CN=Root']);
  });

  it.each(['{}', '{"configs":[]}', 'null', '{"configs":[{"name":"default"}]}'])('finds nothing yet in %s', (text) => {
    expect(parseEnvoySecrets(text)).toEqual({ chain: undefined, roots: undefined });
  });

  it.each(['', '<html>', '{"configs":{}}', '{"configs":"default"}'])('throws for %j', (text) => {
    expect(() => parseEnvoySecrets(text)).toThrow(/JSON|config dump/);
  });

  it('throws for what are no certificates', () => {
    const secret = { tls_certificate: { certificate_chain: { inline_bytes: 'bm90aGluZw==' } } };
    expect(() => parseEnvoySecrets(JSON.stringify({ configs: [{ name: 'default', secret }] }))).toThrow(/CERTIFICATE/);
  });
});
