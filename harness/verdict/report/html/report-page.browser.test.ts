import axe, { type AxeResults } from 'axe-core';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findBrowser } from '../../../cluster/engine/install.ts';
import { buildReport } from '../build.ts';
import { EXAMPLE, UPGRADED } from '../testing/example.ts';
import { folderAt } from '../../evidence/testing/folder.ts';
import { writeReport } from '../write.ts';
import { renderGraphPage } from './graph-page.ts';

const PLANTED =
  '"><img src="https://planted.example/x.png" onerror="alert(1)"></pre><script>alert(2)</script><b>bold</b>';

/** A failed run whose evidence, certificates and names are full of markup. */
function plantedReport() {
  const report = buildReport(EXAMPLE);
  const graphs = report.graphs.map((snapshot) => ({
    ...snapshot,
    graph: {
      ...snapshot.graph,
      nodes: snapshot.graph.nodes.map((node) => ({ ...node, label: `${node.label} ${PLANTED}` })),
      certificates: snapshot.graph.certificates.map((one) => ({ ...one, subject: `CN=${PLANTED}`, names: [PLANTED] })),
    },
  }));
  const upgrades = (buildReport(UPGRADED).upgrades ?? []).map((upgrade) => ({
    ...upgrade,
    upgrade: `${upgrade.upgrade} ${PLANTED}`,
    proxies: upgrade.proxies.map((proxy) => ({ ...proxy, app: PLANTED })),
  }));
  return { ...report, graphs: [...graphs, ...graphs], upgrades, notes: [PLANTED, 'w'.repeat(500)] };
}

const folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
const urlOf = (file: string) => pathToFileURL(join(folder.path, file)).href;
let browser: Browser;

beforeAll(async () => {
  const report = plantedReport();
  for (const path of report.claims.flatMap(({ evidence }) => evidence)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), `HTTP/1.1 503\nx-planted: ${PLANTED}\n${'long '.repeat(200)}\n`);
  }
  await writeReport(folderAt(folder.path), report);
  writeFileSync(join(folder.path, 'graph.html'), await renderGraphPage(report.graphs[0]!.graph, { title: PLANTED }));
  const executablePath = findBrowser();
  if (executablePath === undefined)
    throw new Error('There is no browser: install Chromium, or run `npm test` as root.');
  // Without Chromium's own sandbox, which root cannot have and this page does not need.
  browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  return () => browser.close();
});
afterAll(() => folder.remove());

interface Options {
  file?: string;
  width?: number;
  colorScheme?: 'light' | 'dark';
  before?: (page: Page) => void;
}

/** A page opened as a file; closed when it goes out of scope. */
async function open({ file = 'report.html', width = 1440, colorScheme = 'light', before }: Options = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  // Not by the page, whose policy lets nothing run.
  await page.addInitScript(axe.source);
  before?.(page);
  await page.goto(urlOf(file));
  return { page, [Symbol.asyncDispose]: () => page.close() };
}

it.each(['report.html', 'graph.html'])('%s fetches nothing, and nothing that was planted in it runs', async (file) => {
  const requests: string[] = [];
  const complaints: string[] = [];
  await using opened = await open({
    file,
    before: (page) => {
      page.on('request', (request) => requests.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('dialog', (dialog) => {
        complaints.push(dialog.message());
        void dialog.dismiss();
      });
    },
  });
  const { page } = opened;
  await page.waitForLoadState('networkidle');
  expect(requests).toEqual([urlOf(file)]);
  expect(complaints).toEqual([]);
  expect(await page.locator('img, script, b, iframe, object, embed, link, form').count()).toBe(0);
  expect(await page.getByText(PLANTED).count()).toBeGreaterThan(3);
});

it.each([
  { file: 'report.html', colorScheme: 'light', width: 1440 },
  { file: 'report.html', colorScheme: 'dark', width: 1440 },
  { file: 'report.html', colorScheme: 'light', width: 390 },
  { file: 'report.html', colorScheme: 'dark', width: 390 },
  { file: 'graph.html', colorScheme: 'light', width: 1440 },
  { file: 'graph.html', colorScheme: 'dark', width: 390 },
] as const)('finds no serious fault in $file, $colorScheme, $width pixels wide', async (options) => {
  await using opened = await open(options);
  const { page } = opened;
  await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
  const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
  expect(passes.length).toBeGreaterThan(20);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`)).toEqual([]);
});

it.each([390, 768, 1440])('does not scroll sideways as a whole, %i pixels wide', async (width) => {
  await using opened = await open({ width });
  const { page } = opened;
  await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
});

it('lets the keyboard skip to the content, reach every fold and open it', async () => {
  await using opened = await open();
  const { page } = opened;
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to the content');
  expect((await skip.boundingBox())?.width).toBeGreaterThan(50);
  await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = false');
  const folds = await page.locator('summary').count();
  expect(folds).toBeGreaterThan(3);
  const unopened = page.locator('details:not([open])');
  for (let presses = 0; presses < 300 && (await unopened.count()) > 0; presses += 1) {
    await page.keyboard.press('Tab');
    const isFold = await page.evaluate('document.activeElement?.matches("details:not([open]) > summary")');
    if (isFold === true) await page.keyboard.press('Enter');
  }
  expect(await unopened.count()).toBe(0);
});

it('prints the evidence of failed claims, folded or not, dark or not, without scrolling', async () => {
  await using opened = await open({ colorScheme: 'dark', width: 800 });
  const { page } = opened;
  await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = false');
  const [failed, passed] = [page.locator('.claim.failed pre'), page.locator('.claim:not(.failed) pre')];
  expect(await failed.isVisible()).toBe(false);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await failed.isVisible()).toBe(true);
  expect(await passed.isVisible()).toBe(false);
  expect(await page.locator('nav').isVisible()).toBe(false);
  const { backgroundColor, color } = await page.evaluate<Record<'backgroundColor' | 'color', string>>(
    '({ ...getComputedStyle(document.body) })',
  );
  expect(backgroundColor).toBe('rgb(255, 255, 255)');
  expect(color).toBe('rgb(28, 33, 38)');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(800);
});
