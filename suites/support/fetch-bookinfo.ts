import type { PageAnswer } from '../../harness/verdict/judges/bookinfo.ts';
import {
  addPage,
  isSettled,
  isWhole,
  type Page,
  type BookinfoPages,
} from '../../harness/verdict/judges/bookinfo-pages.ts';

/** Asks for Bookinfo over any way in until the verdict is settled; each request names itself with an agent of its own. */
export async function fetchBookinfo(
  agent: () => string,
  get: (path: string, agent: string) => Promise<PageAnswer>,
): Promise<BookinfoPages> {
  const pages: Page[] = [];
  while (!isSettled(pages)) addPage(pages, await get('/productpage', agent()));
  if (!isWhole(pages)) return { pages };
  const api = (rest: string) => get(`/api/v1/products${rest}`, agent());
  const [products, details, reviews, ratings] = await Promise.all([
    api(''),
    api('/0'),
    api('/0/reviews'),
    api('/0/ratings'),
  ]);
  return { pages, api: { products, details, reviews, ratings } };
}
