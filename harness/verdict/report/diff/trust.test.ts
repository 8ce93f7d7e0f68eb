import { expect, it } from 'vitest';
import { createRoot } from '../../trust/issue.ts';
import { labGraph } from './testing/reports.ts';
import { compareTrust } from './trust.ts';

const joined = await labGraph();

it('finds nothing between labs that differ in keys and pods alone', async () => {
  expect(compareTrust('x', joined, await labGraph())).toEqual([]);
  expect(compareTrust('x', await labGraph({ joined: false }), await labGraph({ joined: false }))).toEqual([]);
});

it('sees another name of the root, wherever it is trusted', async () => {
  const changes = compareTrust('x', joined, await labGraph({ root: { commonName: 'Other Root CA' } }));
  const [old, now] = ['"CN=SM Root CA" (P-256)', '"CN=Other Root CA" (P-256)'];
  expect(changes).toEqual([
    { kind: 'trust', what: `x: root ${old}`, old: '1', new: 'absent' },
    { kind: 'trust', what: `x: root ${now}`, old: 'absent', new: '1' },
    { kind: 'trust', what: 'x: trusted roots of edge/gate, shop/cart-v1 and shop/till-v1', old, new: now },
  ]);
});

it('sees another key algorithm', async () => {
  const changes = compareTrust(
    'x',
    joined,
    await labGraph({ root: { commonName: 'SM Root CA', algorithm: 'RSA-2048' } }),
  );
  expect(changes.map(({ what }) => what)).toEqual([
    'x: root "CN=SM Root CA" (P-256)',
    'x: root "CN=SM Root CA" (RSA-2048)',
    'x: trusted roots of edge/gate, shop/cart-v1 and shop/till-v1',
  ]);
});

it('sees two roots of one name where there was one', async () => {
  const changes = compareTrust('x', joined, await labGraph({ joined: false }));
  expect(changes).toEqual([{ kind: 'trust', what: 'x: root "CN=SM Root CA" (P-256)', old: '1', new: '2' }]);
});

it('sees a root too many, and one that nobody trusts any more', async () => {
  const [one, two] = [await createRoot({ commonName: 'A' }), await createRoot({ commonName: 'B' })];
  const trusting = (...roots: (typeof one)[]) =>
    labGraph({ gatewayParts: { roots: roots.map(({ certificate }) => certificate) } });
  const what = 'x: trusted roots of edge/gate';
  expect(compareTrust('x', await trusting(one), await trusting(one, two))).toContainEqual({
    kind: 'trust',
    what,
    old: '"CN=A" (P-256)',
    new: '"CN=A" (P-256) and "CN=B" (P-256)',
  });
  expect(compareTrust('x', await trusting(one), await trusting())).toContainEqual({
    kind: 'trust',
    what,
    old: '"CN=A" (P-256)',
    new: 'none',
  });
});

it('sees a workload that moved to another plane, and one that is gone', async () => {
  const moved = await labGraph({ gatewayParts: { plane: 'mesh/istiod' } });
  expect(compareTrust('x', joined, moved)).toContainEqual({
    kind: 'trust',
    what: 'x: control plane of edge/gate',
    old: 'edge/istiod',
    new: 'mesh/istiod',
  });
  const without = { ...joined, nodes: joined.nodes.filter(({ label }) => label !== 'till') };
  const change = { kind: 'trust', what: 'x: workload of shop/till-v1', old: 'present', new: 'absent' };
  expect(compareTrust('x', joined, without)).toEqual([change]);
  expect(compareTrust('x', without, joined)).toEqual([{ ...change, old: 'absent', new: 'present' }]);
});
