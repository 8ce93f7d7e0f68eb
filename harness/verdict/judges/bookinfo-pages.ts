import { type ApiAnswers, judgeApi, judgeProductPage, type PageAnswer } from './bookinfo.ts';

const REQUESTS = 30;
/** Enough for the third version of reviews to be picked, whatever the load balancer's luck. */
const AT_MOST = 120;

/** One answer, and how often it came: status, content type and body are the same each time. */
export interface Page extends PageAnswer {
  /** Number of the request that it came to first, from 1. */
  first: number;
  times: number;
}

/** Bookinfo as a client sees it who comes again and again. */
export interface BookinfoPages {
  pages: Page[];
  /** Left out where the pages were not worth asking for more. */
  api?: ApiAnswers;
}

/** Adds the answer to the next request of `/productpage`. */
export function addPage(pages: Page[], answer: PageAnswer): void {
  const same = pages.find((page) => contentOf(page) === contentOf(answer));
  if (same === undefined) pages.push({ first: requests(pages) + 1, times: 1, ...answer });
  else same.times += 1;
}

/** Whether more requests could change the verdict: a faulty page settles it, else so does having seen all versions. */
export function isSettled(pages: readonly Page[]): boolean {
  if (!isWhole(pages)) return true;
  const count = requests(pages);
  return count >= AT_MOST || (count >= REQUESTS && versionsOf(pages).length === 3);
}

/** Is every page that of a Bookinfo that works? */
export const isWhole = (pages: readonly Page[]): boolean =>
  pages.every((page) => judgeProductPage(page).faults.length === 0);

/** Was each page whole, did all three versions of reviews answer, and does the API give the books' data? */
export function judgePages({ pages, api }: BookinfoPages): string[] {
  const faulty = pages
    .map((page) => ({ page, faults: judgeProductPage(page).faults }))
    .filter(({ faults }) => faults.length > 0)
    .map(({ page: { first }, faults }) => `request ${first} of /productpage: ${faults.join('; ')}`);
  if (faulty.length > 0) return faulty;
  const count = requests(pages);
  const versions = versionsOf(pages);
  if (versions.length < 3) return [`of reviews only ${versions.join(', ') || 'none'} answered in ${count} requests`];
  if (count < REQUESTS) return [`there were only ${count} requests, not ${REQUESTS}`];
  return api === undefined ? ['the API was not asked'] : judgeApi(api);
}

const requests = (pages: readonly Page[]): number => pages.reduce((sum, { times }) => sum + times, 0);

const versionsOf = (pages: readonly Page[]): string[] =>
  [...new Set(pages.flatMap((page) => judgeProductPage(page).reviewsVersion ?? []))].sort();

const contentOf = ({ status, headers, body }: PageAnswer): string =>
  `${status} ${headers['content-type'] ?? ''}\n${body}`;
