import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRoot, issueLeaf, PrivateKey } from './issue.ts';
import { verifyChain } from './chain.ts';

describe('PrivateKey.read', () => {
  it.each(['P-256', 'RSA-2048'] as const)('reads what pem() wrote of a key of %s, and it signs', async (algorithm) => {
    const root = await createRoot({ commonName: 'Root', algorithm });
    const privateKey = await PrivateKey.read(root.privateKey.pem());
    expect(privateKey.pem()).toBe(root.privateKey.pem());
    const leaf = await issueLeaf({ ...root, privateKey }, { spiffeId: 'spiffe://cluster.local/ns/a/sa/b' });
    expect(verifyChain(leaf.chain, [root.certificate])).toMatchObject({ trusted: true });
  });

  it('refuses other keys and other texts', async () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(PrivateKey.read(pem)).rejects.toThrow('a key of ed25519 cannot be used here');
    await expect(PrivateKey.read('no key')).rejects.toThrow();
  });
});
