import { describe, expect, it } from 'vitest';
import type { HeldByProxy } from '../../observations/proxy.ts';
import { createIntermediate, createRoot, issueLeaf } from './issue.ts';
import { identifiedAs, issuedBy, sharedRoots, trustsOnly, verifiesTo } from './proxy-verdict.ts';

const identity = 'spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage';
const root = await createRoot({ commonName: 'SM Root CA' });
const twin = await createRoot({ commonName: 'SM Root CA' });
const mesh = await createIntermediate(root, { commonName: 'Mesh CA' });
const gateway = await createIntermediate(root, { commonName: 'Gateway CA' });
const leaf = await issueLeaf(mesh, { spiffeId: identity });

const held: HeldByProxy = {
  proxy: { namespace: 'bookinfo', name: 'productpage', plane: 'mesh', serviceAccount: 'bookinfo-productpage' },
  chain: leaf.chain,
  roots: [root.certificate],
};

describe('a proxy as it should be', () => {
  it.each([
    ['issuer', issuedBy('Mesh CA')],
    ['chain', verifiesTo(root.certificate)],
    ['roots', trustsOnly(root.certificate)],
    ['identity', identifiedAs(identity)],
  ])('has no fault in its %s', (_, judge) => {
    expect(judge(held)).toBeUndefined();
  });
});

describe('a proxy that is not', () => {
  it.each([
    [
      'issued by another CA',
      issuedBy('Gateway CA'),
      held,
      /productpage: its certificate is issued by «.*Mesh CA.*», not by «Gateway CA»/,
    ],
    [
      'presenting another CA than its issuer',
      issuedBy('Mesh CA'),
      { ...held, chain: [leaf.certificate, gateway.certificate] },
      /presents «.*Gateway CA.*» above its leaf, not «Mesh CA»/,
    ],
    [
      'without its intermediate',
      verifiesTo(root.certificate),
      { ...held, chain: [leaf.certificate] },
      /productpage: not trusted/,
    ],
    ['under a root of the same name and another key', verifiesTo(twin.certificate), held, /productpage: not trusted/],
    [
      'trusting that root',
      trustsOnly(root.certificate),
      { ...held, roots: [twin.certificate] },
      /its ROOTCA is .* not /,
    ],
    [
      'trusting one root more',
      trustsOnly(root.certificate),
      { ...held, roots: [root.certificate, twin.certificate] },
      / and /,
    ],
    [
      'of another name',
      identifiedAs(`${identity}-2`),
      held,
      /its certificate names .*productpage, not .*productpage-2/,
    ],
    ['without a certificate', identifiedAs(identity), { ...held, chain: [] }, /productpage holds no certificate/],
  ])('%s', (_, judge, broken, fault) => {
    expect(judge(broken)).toEqual({ about: 'bookinfo/productpage', sentence: expect.stringMatching(fault) as string });
  });
});

describe('sharedRoots', () => {
  const other = (roots: HeldByProxy['roots']): HeldByProxy => ({
    ...held,
    proxy: { ...held.proxy, name: 'gw', plane: 'gateway' },
    roots,
  });

  it('names what both sides trust, by certificate and not by name', () => {
    expect(sharedRoots([held, other([root.certificate])])).toEqual([expect.stringContaining('SM Root CA')]);
    expect(sharedRoots([held, other([twin.certificate])])).toEqual([]);
    expect(sharedRoots([held, held])).toEqual([]);
  });
});
