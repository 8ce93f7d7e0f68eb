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

  const rootcaOf = (validation_context: object) =>
    parseEnvoySecrets(JSON.stringify({ configs: [{ name: 'ROOTCA', secret: { validation_context } }] }));

  it('reads where revocation lists are', () => {
    const trusted_ca = bytes(root.chain);
    const file = '/var/run/secrets/istio/crl/ca-crl.pem';
    expect(rootcaOf({ trusted_ca, crl: { filename: file } }).crl).toEqual({ file });
    expect(rootcaOf({ trusted_ca, crl: { inline_string: 'lists' } }).crl).toEqual({ pem: 'lists' });
    // Envoy does not look for revocation in an empty text.
    expect(rootcaOf({ trusted_ca, crl: { inline_string: '' } }).crl).toBeUndefined();
    expect(rootcaOf({ trusted_ca }).crl).toBeUndefined();
  });

  const spiffe = (...trust_domains: object[]) => ({
    trusted_ca: {},
    custom_validator_config: { name: 'envoy.tls.cert_validator.spiffe', typed_config: { trust_domains } },
  });

  it('reads the roots of a SPIFFE validator by trust domain', () => {
    const { roots, rootsByDomain } = rootcaOf(
      spiffe({ name: 'a.test', trust_bundle: bytes(root.chain) }, { name: 'b.test', trust_bundle: bytes(leaf.chain) }),
    );
    expect([...(rootsByDomain ?? [])].map(([domain, trusted]) => [domain, trusted.length])).toEqual([
      ['a.test', 1],
      ['b.test', leaf.chain.length],
    ]);
    expect(roots).toHaveLength(1 + leaf.chain.length);
  });

  it.each([
    [
      'the roots of its system',
      { trusted_ca: { filename: '/etc/ssl/certs/ca-certificates.crt' } },
      /is the file \/etc\/ssl/,
    ],
    ['another validator', { custom_validator_config: { name: 'of.my.own' } }, /verifies peers with of\.my\.own/],
    ['a SPIFFE bundle in a file', spiffe({ name: 'a', trust_bundle: { filename: '/bundle' } }), /cannot read/],
  ])('says why it cannot read %s', (_, context, unread) => {
    expect(rootcaOf(context)).toMatchObject({ roots: undefined, unread: expect.stringMatching(unread) as string });
  });
});
