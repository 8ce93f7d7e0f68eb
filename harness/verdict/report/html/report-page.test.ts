import { expect, it } from 'vitest';
import { buildReport } from '../build.ts';
import { BROKEN, EXAMPLE, HOSTILE, PASSING, shardReport, UPGRADED } from '../testing/example.ts';
import type { ConformanceReport } from '../model.ts';
import { renderHtml } from './report-page.ts';

const report = buildReport(EXAMPLE);
const nothing = () => Promise.resolve(undefined);
const render = (one: ConformanceReport, evidence: Record<string, string> = {}) =>
  renderHtml(one, (path) => Promise.resolve(evidence[path]));
const headings = (page: string) => [...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, title]) => title);
const section = (page: string, id: string) => new RegExp(`<section id="${id}".*?</section>`, 's').exec(page)?.[0] ?? '';
const words = (markup: string) => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

it('tells what broke first, and everything else below', async () => {
  const page = await render(report);
  expect(headings(page)).toEqual([
    'What broke',
    'Trust graphs',
    'Remedies compared',
    'Timeline',
    'Claims',
    'Certificate chains',
    'How it was run',
  ]);
  expect(words(page.slice(0, page.indexOf('<nav')))).toMatch(
    /✖ Not conformant 1 of 4 claims failed, 1 passed, 1 not supported, 1 not run\. the split, mesh-gateway → productpage: unknown issuer/,
  );
  const found = words(section(page, 'findings'));
  expect(found).toMatch(
    /✖ failed trust\.manual\.leaf-issuer .* leaf of reviews-v1 is issued by O=cluster\.local expected/,
  );
  expect(found).toMatch(/mesh-gateway → to productpage ✖ unknown issuer workload to workload mesh-gateway refuses/);
  expect(found).toContain('the client trusts O=cluster.local, CN=gateway root b2b2b2b2b2b2b2b2 ');
  expect(found).toContain('the server’s chain leads to O=cluster.local, CN=mesh root a1a1a1a1a1a1a1a1 ');
  expect(found).toContain('give both planes intermediates under one root');
});

it('tells what is wrong by proxy, the one that most claims name first', async () => {
  const [first, second] = report.claims;
  const faults = (...all: [string | undefined, string][]) =>
    all.map(([about, sentence]) => ({ ...(about === undefined ? {} : { about }), sentence }));
  const claims = [
    { ...first!, faults: faults(['bookinfo/details', 'details is wrong'], [undefined, 'all is wrong']) },
    { ...second!, faults: faults(['edge/gateway', 'gateway is wrong'], ['edge/gateway', 'and <b>twice</b>']) },
  ];
  const table = /<h3>By proxy.*?<\/table>/s.exec(await render({ ...report, claims }))?.[0] ?? '';
  expect(words(table)).toMatch(
    /edge\/gateway \S+ gateway is wrong \S+ and &lt;b&gt;twice&lt;\/b&gt; bookinfo\/details \S+ details is wrong/,
  );
  expect(table).toContain('rowspan="2">edge/gateway');
  expect(table).not.toContain('all is wrong');
  expect(await render(report)).not.toContain('By proxy');
});

it('says which part of a run it is, if it is one', async () => {
  expect(words(await render(shardReport('1/3', 'trust.split')))).toContain(' Run mt-1 Shard 1/3 Started ');
  expect(words(await render(report))).toContain(' Run mt-1 Started ');
});

it('says of every claim what it says, where from, and how it ended', async () => {
  const found = words(section(await render(report), 'claims'));
  for (const claim of report.claims) {
    for (const text of [claim.id, claim.sentence, claim.source, claim.level]) {
      expect(found).toContain(text.replace("'", '&#39;'));
    }
  }
  expect(found).toMatch(/– not supported trust\.manual\.churn 3 ms · extended .* both planes write one name/);
  expect(words(section(await render(report), 'remedies'))).toContain(
    'manual split 7 4.2 s 1 min 01 s 0 unsupported on',
  );
});

it('says of an upgrade what it has lost, and what each proxy was before and after', async () => {
  const found = words(section(await render(buildReport(UPGRADED)), 'upgrades'));
  expect(found).toContain(' canary, gateway plane first 1.28.2 1.29.1 2 min 01 s 2450 1 ');
  expect(found).toContain(' details (mesh) 1.28.2 → 1.29.1 1.36.4 → 1.37.0 CN=Mesh CA &quot;CN=Root CA&quot; ');
});

it('has no two elements of one id', async () => {
  const { graphs } = report;
  const page = await render({ ...report, graphs: [...graphs, ...graphs] });
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(20);
  expect(new Set(ids).size).toBe(ids.length);
});

it('has nothing to say of what broke where nothing did', async () => {
  const page = await render(buildReport(PASSING));
  expect(headings(page)).toEqual(['Remedies compared', 'Timeline', 'Claims', 'How it was run'].slice(1));
  expect(words(page)).toContain('✔ Conformant 4 of 4 claims passed.');
});

it('says what ended a run before its verdict', async () => {
  const page = await render(buildReport(BROKEN));
  expect(headings(page)).toEqual(['What broke', 'Timeline', 'Claims', 'How it was run']);
  expect(words(section(page, 'findings'))).toMatch(/ended early, in «cluster» lab k3d could not create the cluster \|/);
});

it('tells of a graph after a remedy rather than of the split', async () => {
  const [split] = report.graphs;
  const after = { ...split!, title: 'after the manual remedy', remedy: 'manual' };
  const whole = { ...split!, title: 'in the end', graph: { ...split!.graph, conversations: [] } };
  const told = async (graphs: ConformanceReport['graphs']) =>
    [...section(await render({ ...report, graphs }), 'findings').matchAll(/<h3>(.*?)</g)].map(([, title]) => title);
  expect(await told([split!, after, whole])).toEqual(['Broken after the manual remedy']);
  expect(await told([split!, whole])).toEqual([]);
  expect(await told([split!])).toEqual(['Broken the split']);
});

it('has no markup and no control characters but its own', async () => {
  const PLANTED = '<img src=x onerror="planted()"></pre><script>planted()</script>';
  const [snapshot] = buildReport(EXAMPLE).graphs;
  const graph = {
    ...snapshot!.graph,
    nodes: snapshot!.graph.nodes.map((node) => ({ ...node, label: `${node.label} ${PLANTED}`, detail: PLANTED })),
    certificates: snapshot!.graph.certificates.map((one) => ({ ...one, subject: `CN=${PLANTED}`, names: [PLANTED] })),
  };
  const claims = HOSTILE.claims.map((claim) => ({ ...claim, source: PLANTED, evidence: [`evidence/${PLANTED}`] }));
  const page = await renderHtml({ ...HOSTILE, claims, graphs: [{ title: PLANTED, graph }], notes: [PLANTED] }, () =>
    Promise.resolve(`x-planted: ${PLANTED}\u001b[31m\u202e`),
  );
  expect(page).toContain('x-planted: &lt;img src=x onerror=&quot;planted()&quot;&gt;&lt;/pre&gt;&lt;script&gt;');
  expect(page).not.toMatch(/<(img|script|b|iframe|object|embed|base|form)\b/);
  expect(page.replace(/="[^"]*"/g, '')).not.toMatch(/<[^>]* on\w+/);
  // eslint-disable-next-line no-control-regex -- those must be gone
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/);
  expect(page.isWellFormed()).toBe(true);
});

it('shows a reason as nothing but its words', async () => {
  const reason =
    'one\u2028two\u2029three </script><script>planted()</script> \u202efour\u2066 \u200f\u061cfive\u{e0041}';
  const claims = report.claims.map((claim) => ({ ...claim, ...(claim.reason === undefined ? {} : { reason }) }));
  const page = await render({ ...report, claims });
  const shown = 'one two three &lt;/script&gt;&lt;script&gt;planted()&lt;/script&gt; four five';
  expect(section(page, 'findings')).toContain(shown);
  expect(section(page, 'claims')).toContain(shown);
  expect(page).not.toMatch(/<\/?script|[\u2028\u2029\p{Cf}]/u);
});

it('links to what is beside it and to web addresses, and nowhere else', async () => {
  const claims = report.claims.map((claim) => ({
    ...claim,
    source: 'see https://istio.io/docs (a), javascript:alert(1)',
  }));
  claims[0]!.evidence = [
    'evidence/a b/<c>.txt',
    '../../etc/passwd',
    '/etc/passwd',
    'javascript:alert(1)',
    'http://x/y',
  ];
  const page = await renderHtml({ ...report, claims }, () => Promise.resolve('seen'));
  const targets = new Set([...page.matchAll(/href="([^"#]+)"/g)].map(([, target]) => target));
  expect([...targets].sort()).toEqual([
    'conformance.yaml',
    'evidence/a%20b/%3Cc%3E.txt',
    'evidence/trust.manual.leaf-issuer/leaf.pem',
    'https://istio.io/docs',
    'javascript%3Aalert(1)',
    'junit.xml',
  ]);
});

it('says which evidence is missing', async () => {
  const found = words(section(await renderHtml(report, nothing), 'claims'));
  expect(found).toContain(
    'leaf.pem missing There is no file evidence/trust.manual.leaf-issuer/leaf.pem beside this page.',
  );
});

it('shows the ends of long evidence and says what it leaves out', async () => {
  const path = 'evidence/trust.manual.leaf-issuer/leaf.pem';
  const page = await render(report, { [path]: `first line\n${'x'.repeat(1_000_000)}\nlast line` });
  expect(page).toContain('first line');
  expect(page).toContain('last line');
  expect(page).toContain('984021 of 1000021 characters are not shown here');
  expect(page).toContain(`href="${path}"`);
});

it('stays small whatever there is to show, and leaves out the evidence of what passed before that of what failed', async () => {
  const long = 'x'.repeat(1_000_000);
  const evidence = Array.from({ length: 400 }, (_, index) => `evidence/${index}.txt`);
  const [passed, failed] = report.claims;
  const page = await renderHtml(
    {
      ...report,
      notes: [long],
      claims: [
        { ...passed!, evidence },
        { ...failed!, reason: long },
      ],
    },
    (path) => Promise.resolve(path.endsWith('.pem') ? 'BEGIN' : '&'.repeat(1_000_000)),
  );
  expect(page.length).toBeLessThan(25_000_000);
  expect(page).toContain('BEGIN');
  expect(words(page)).toContain('It is not shown here, since the page would become too long.');
});
