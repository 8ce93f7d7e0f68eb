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
  const trusted = graph.conversations.map((one) => ({ ...one, verdict: 'trusted' as const }));
  const page = await renderGraphPage({ ...graph, conversations: trusted, unseen }, { title: 'lab' });
  expect(words(page)).toContain('? No broken edge, as far as seen lab: None of 1 conversation is broken.');
  expect(page).not.toContain('id="broken"');
  expect(words(page)).toContain('Not seen: reviews-v1 does not answer');
});

it('is not green where nothing was judged', async () => {
  const page = await renderGraphPage({ ...graph, conversations: [] }, { title: 'lab' });
  expect(words(page)).toContain('? Nothing was judged lab: Nobody was seen who talks to anybody.');
  expect(page).toContain('class="verdict open"');
});

it('tells what the next restart would bring', async () => {
  const trusted = graph.conversations.map((one) => ({ ...one, verdict: 'trusted' as const }));
  const atRestart = ['It would not start.'];
  const page = await renderGraphPage({ ...graph, conversations: trusted, atRestart }, { title: 'lab' });
  expect(words(page)).toContain('! No broken edge, until the next restart');
  expect(page).toContain('id="restart"');
});
