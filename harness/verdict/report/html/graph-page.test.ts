import { expect, it } from 'vitest';
import { buildReport } from '../build.ts';
import { EXAMPLE } from '../testing/example.ts';
import { renderGraphPage } from './graph-page.ts';

const { graph } = buildReport(EXAMPLE).graphs[0]!;
const words = (markup: string) => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

it('names the broken edges of a cluster', async () => {
  const page = await renderGraphPage(graph, { title: 'lab <1>', facts: [['API server', 'https://127.0.0.1']] });
  expect(words(page)).toContain(
    '✖ Trust is broken lab &lt;1&gt;: 1 of 1 conversation is broken. API server https://127',
  );
  expect(words(page)).toContain('mesh-gateway → to productpage ✖ unknown issuer');
  expect(page).toContain('give both planes intermediates under one root');
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(ids).toEqual(expect.arrayContaining(['broken', 'graph', 'chains', 'drawing-title']));
  expect(new Set(ids).size).toBe(ids.length);
});

it('says so where there is none, and what was not seen', async () => {
  const unseen = ['reviews-v1 does not answer'];
  const page = await renderGraphPage({ ...graph, conversations: [], unseen }, { title: 'lab' });
  expect(words(page)).toContain('✔ No broken edge lab: Nobody was seen who talks to anybody.');
  expect(page).not.toContain('id="broken"');
  expect(words(page)).toContain('Not seen: reviews-v1 does not answer');
});
