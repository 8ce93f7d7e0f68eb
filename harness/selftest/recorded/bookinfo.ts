import type { Page } from '../../verdict/judges/bookinfo-pages.ts';
import { alter, type Forgery, joined } from './forgery.ts';
import type { Recording } from './recording.ts';

const BOOKINFO = joined('bookinfo');

/** Pages that a status of 200 would pass. */
export const PAGES: readonly Forgery[] = [
  {
    name: 'page-with-an-error',
    breaks: 'one page answers 200 and says that ratings is unavailable',
    red: BOOKINFO,
    forge: (recording) =>
      alterPage(recording, (page) => ({
        ...page,
        body: page.body.replace('</section>', 'Ratings service is currently unavailable</section>'),
      })),
  },
  {
    name: 'page-of-a-stranger',
    breaks: 'one page is a title and nothing else',
    red: BOOKINFO,
    forge: (recording) => alterPage(recording, (page) => ({ ...page, body: '<title>Simple Bookstore App</title>' })),
  },
  {
    name: 'two-versions-of-reviews',
    breaks: 'reviews-v3 made no page',
    red: BOOKINFO,
    forge: (recording) =>
      alter(recording, BOOKINFO, (seen) => ({
        ...seen,
        pages: seen.pages.filter(({ body }) => !body.includes('reviews-v3-')),
      })),
  },
  {
    name: 'too-few-requests',
    breaks: 'each version of reviews made one page, and nobody asked for more',
    red: BOOKINFO,
    forge: (recording) =>
      alter(recording, BOOKINFO, (seen) => ({ ...seen, pages: seen.pages.map((page) => ({ ...page, times: 1 })) })),
  },
  {
    name: 'ratings-of-another-book',
    breaks: 'the API gives another number of stars than the book has',
    red: BOOKINFO,
    forge: (recording) =>
      alter(recording, BOOKINFO, ({ pages, api }) => ({
        pages,
        ...(api === undefined
          ? {}
          : { api: { ...api, ratings: { ...api.ratings, body: api.ratings.body.replace('5', '3') } } }),
      })),
  },
];

/** Changes the page that came first. */
function alterPage(recording: Recording, by: (page: Page) => Page): void {
  alter(recording, BOOKINFO, (seen) => ({
    ...seen,
    pages: seen.pages.map((page, index) => (index === 0 ? by(page) : page)),
  }));
}
