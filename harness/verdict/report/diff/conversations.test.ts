import { describe, expect, it } from 'vitest';
import { isBroken } from '../../trust/graph/graph.ts';
import { compareConversations, isContested } from './conversations.ts';
import { labGraph } from './testing/reports.ts';

const [joined, split] = [await labGraph(), await labGraph({ joined: false })];

it('finds nothing between labs that differ in keys and pods alone', async () => {
  expect(compareConversations('x', joined, await labGraph())).toEqual([]);
  expect(compareConversations('x', split, await labGraph({ joined: false }))).toEqual([]);
});

it('names who is refused now, once for all whom it happens to, and why', () => {
  const what = 'x: edge/gate → shop/cart-v1 and shop/till-v1';
  const [change, ...others] = compareConversations('x', joined, split);
  expect(change).toMatchObject({ kind: 'newlyBroken', what, old: 'trusted', new: 'same-subject-other-key' });
  expect(change?.reason).toMatch(/^Gateway gate refuses sidecars cart and till: /);
  expect(others).toEqual([]);
  expect(compareConversations('x', split, joined)).toEqual([
    { kind: 'newlyTrusted', what, old: 'same-subject-other-key', new: 'trusted' },
  ]);
});

it('tells another verdict that is no better or worse, and what is not seen any more', async () => {
  const unseen = await labGraph({ gatewayParts: { chain: undefined, roots: undefined, problem: 'no answer' } });
  expect(compareConversations('x', joined, unseen)).toMatchObject([
    {
      kind: 'judgedOtherwise',
      old: 'trusted',
      new: 'not-seen',
      reason: expect.stringContaining('no answer') as string,
    },
  ]);
  expect(compareConversations('x', split, unseen)).toMatchObject([{ kind: 'judgedOtherwise' }]);
  const conversations = split.conversations.map((one) =>
    isBroken(one) ? { ...one, verdict: 'expired' as const } : one,
  );
  expect(compareConversations('x', split, { ...split, conversations })).toMatchObject([
    { kind: 'judgedOtherwise', old: 'same-subject-other-key', new: 'expired' },
  ]);
});

it('counts the worst of a workload that has pods of both kinds', () => {
  const [cart = ''] = joined.nodes.flatMap(({ id, label }) => (label === 'cart' ? [id] : []));
  const again = cart.replace(/.{5}$/, 'zzzzz');
  const refused = {
    ...joined.conversations[0]!,
    from: [again],
    to: [again],
    verdict: 'expired' as const,
    reason: 'old',
  };
  for (const conversations of [
    [...joined.conversations, refused],
    [refused, ...joined.conversations],
  ]) {
    expect(compareConversations('x', joined, { ...joined, conversations })).toEqual([
      { kind: 'newlyBroken', what: 'x: shop/cart-v1 → shop/cart-v1', old: 'trusted', new: 'expired', reason: 'old' },
    ]);
  }
});

describe('two planes that overwrite one ConfigMap', async () => {
  const [one, other] = [
    await labGraph({ joined: false, fight: 'mesh' }),
    await labGraph({ joined: false, fight: 'gateway' }),
  ];
  it('are recognised, and do not fight over one root', async () => {
    expect([one, other].map(isContested)).toEqual([true, true]);
    expect([joined, split, await labGraph({ fight: 'mesh' })].map(isContested)).toEqual([false, false, false]);
  });
  it('may have it either way', () => expect(compareConversations('x', one, other)).toEqual([]));
  it('are told where they did not fight before', () =>
    expect(compareConversations('x', split, other)).toMatchObject([
      { kind: 'newlyBroken', what: 'x: agents of shop/cart-v1 and shop/till-v1 → mesh/istiod' },
    ]));
});
