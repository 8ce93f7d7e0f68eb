import { describe, expect, it } from 'vitest';
import type { PageAnswer } from './bookinfo.ts';
import { addPage, isSettled, judgePages, type Page } from './bookinfo-pages.ts';

const STAR = '<svg id="glyphicon glyphicon-star">';
const ROWS = { v1: '', v2: 'black', v3: 'red' };

/** A page as productpage makes it, as far as it is judged. */
function page(version: keyof typeof ROWS, extra = ''): PageAnswer {
  const row = (stars: number) =>
    version === 'v1' ? '' : `<div class="flex gap-x-1 text-${ROWS[version]}-500">${STAR.repeat(stars)}</div>`;
  const review = (name: string, stars: number) => `${row(stars)}${name} Reviews served by: reviews-${version}-1 `;
  const body = `The Comedy of Errors Book Details 1234567890 PublisherA Book Reviews ${review('Reviewer1', 5)}${review('Reviewer2', 4)}${extra}`;
  return { status: 200, headers: { 'content-type': 'text/html', date: String(Math.random()) }, body };
}

const pagesOf = (...answers: PageAnswer[]): Page[] => {
  const pages: Page[] = [];
  for (const answer of answers) addPage(pages, answer);
  return pages;
};

const times = (count: number, answer: PageAnswer) => Array.from({ length: count }, () => answer);

describe('addPage', () => {
  it('counts answers that differ in nothing but the time of day', () => {
    const pages = pagesOf(page('v1'), page('v2'), page('v1'), page('v3'));
    expect(pages.map(({ first, times: count }) => ({ first, count }))).toEqual([
      { first: 1, count: 2 },
      { first: 2, count: 1 },
      { first: 4, count: 1 },
    ]);
  });
});

describe('isSettled', () => {
  it.each([
    ['by nothing', [], false],
    ['by 29 whole pages', [...times(27, page('v1')), page('v2'), page('v3')], false],
    ['by 30 of all versions', [...times(28, page('v1')), page('v2'), page('v3')], true],
    ['by 30 of two versions', [...times(29, page('v1')), page('v2')], false],
    ['by 120 of any', times(120, page('v1')), true],
    ['by the first that is not whole', [page('v1', 'Sorry, product')], true],
  ])('%s', (_, answers, settled) => {
    expect(isSettled(pagesOf(...answers))).toBe(settled);
  });
});

describe('judgeVisits', () => {
  it('says at which request a page was not whole', () => {
    const pages = pagesOf(page('v1'), page('v1'), page('v2', 'Sorry, product'));
    expect(judgePages({ pages })).toEqual([expect.stringMatching(/^request 3 of .*«Sorry, product»/)]);
  });

  it('wants the API asked', () => {
    const pages = pagesOf(...times(28, page('v1')), page('v2'), page('v3'));
    expect(judgePages({ pages })).toEqual(['the API was not asked']);
  });
});
