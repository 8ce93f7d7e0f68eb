import { expect, test } from 'vitest';
import { createRoot, issueLeaf } from './issue.ts';
import { parseSpiffeId, spiffeIdOf, workloadIdentity } from './spiffe.ts';

const uri = 'spiffe://east.mesh.local/ns/shop/sa/cart-v1';
const parts = { trustDomain: 'east.mesh.local', namespace: 'shop', serviceAccount: 'cart-v1' };

test('an Istio identity is read and written', () => {
  expect(parseSpiffeId(uri)).toEqual({ uri, ...parts });
  expect(workloadIdentity(parts)).toBe(uri);
});

test.for([
  ['', 'does not begin with spiffe://'],
  ['https://a/ns/b/sa/c', 'does not begin with spiffe://'],
  ['spiffe:///ns/b/sa/c', 'trust domain ""'],
  ['spiffe://A.local/ns/b/sa/c', 'trust domain "A.local"'],
  ['spiffe://a:80/ns/b/sa/c', 'trust domain "a:80"'],
  ['spiffe://u@a/ns/b/sa/c', 'trust domain "u@a"'],
  ['spiffe://a', 'its path is not'],
  ['spiffe://a/sa/c/ns/b', 'its path is not'],
  ['spiffe://a/ns/b/sa/c/', 'its path is not'],
  ['spiffe://a/ns/b/sa/c/d', 'its path is not'],
  ['spiffe://a/ns//sa/c', '"" is not a path segment'],
  ['spiffe://a/ns/../sa/c', '".." is not a path segment'],
  ['spiffe://a/ns/b/sa/c?d', '"c?d" is not a path segment'],
  ['spiffe://a/ns/b/sa/c%20', '"c%20" is not a path segment'],
  [`spiffe://a/ns/b/sa/${'c'.repeat(2048)}`, 'longer than 2048 bytes'],
] as const)('%s is refused', ([wrong, reason]) => {
  expect(() => parseSpiffeId(wrong)).toThrow(reason);
});

test('a part that would make another identity is refused', () => {
  expect(() => workloadIdentity({ ...parts, namespace: 'shop/sa/admin' })).toThrow('its path is not');
});

test('a certificate asserts exactly one identity', async () => {
  const root = await createRoot({ commonName: 'Root' });
  const one = await issueLeaf(root, { spiffeId: uri, alternativeNames: [{ form: 'dns', value: 'cart.shop.svc' }] });
  const two = await issueLeaf(root, {
    spiffeId: uri,
    alternativeNames: [{ form: 'uri', value: 'https://example.test' }],
  });
  expect(spiffeIdOf(one.certificate)).toEqual({ uri, ...parts });
  expect(() => spiffeIdOf(two.certificate)).toThrow('has 2 URI names, an X.509-SVID has exactly one');
  expect(() => spiffeIdOf(root.certificate)).toThrow('"CN=Root" has no URI name');
});
