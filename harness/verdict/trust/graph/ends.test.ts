import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createIntermediate, createRoot } from '../issue.ts';
import { trustGraph } from './graph.ts';
import type { TrustGraph } from './model.ts';
import { outcomeOf } from './outcome.ts';
import { observe, talk, testPlane, testProxy } from './testing/planes.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const later = (milliseconds: number) => new Date(Math.floor((Date.now() + milliseconds) / 1000) * 1000);

let root: Authority;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root', notAfter: later(100 * DAY) });
});

async function graphOf(notAfter: Date): Promise<TrustGraph> {
  const plane = await testPlane('mesh', await createIntermediate(root, { commonName: 'Mesh CA', notAfter }));
  return trustGraph(observe([plane], [await testProxy(plane, 'a'), await testProxy(plane, 'b')]));
}

describe('an edge', () => {
  it('lasts as long as the first CA of all pods of an istiod', async () => {
    const [long, short] = [later(90 * DAY), later(3 * DAY)];
    const below = async (notAfter: Date) =>
      await testPlane('mesh', await createIntermediate(root, { commonName: 'CA', notAfter }));
    const [first, second] = [await below(long), await below(short)];
    const replicas = [
      ...first.observed.replicas,
      { pod: 'istiod-1', serving: second.observed.serving, webhook: undefined },
    ];
    const observed = { ...first.observed, replicas };
    const graph = trustGraph(observe([{ ...first, observed }], [await testProxy(first, 'a')]));
    expect(talk(graph, 'a', 'mesh/istiod').until).toBe(short.toISOString());
  });

  it('lasts as long as the first of its CAs, workloads’ and agents’ alike', async () => {
    const end = later(60 * DAY);
    const graph = await graphOf(end);
    expect(graph.conversations.map(({ verdict, until }) => [verdict, until])).toEqual([
      ['trusted', end.toISOString()],
      ['trusted', end.toISOString()],
    ]);
    expect((await graphOf(later(900 * DAY))).conversations[0]?.until).toBe(root.certificate.notAfter.toISOString());
  });

  it('says so where a CA ends before the certificates it issued', async () => {
    const end = later(HOUR);
    const { reason } = talk(await graphOf(end), 'a', 'b');
    expect(reason).toMatch(
      new RegExp(
        `"Mesh CA" \\(\\w{16}\\) ends at ${end.toISOString()}, before the certificates that were issued below it\\.`,
      ),
    );
    expect(talk(await graphOf(later(60 * DAY)), 'a', 'b').reason).not.toContain('ends at');
  });
});

it('a graph is as bad as a broken one where CAs end within the time asked for', async () => {
  const graph = await graphOf(later(20 * DAY));
  expect(outcomeOf(graph)).toBe('trusted');
  expect(outcomeOf(graph, { within: 10 * DAY })).toBe('trusted');
  expect(outcomeOf(graph, { within: 30 * DAY })).toBe('ends-soon');
});
