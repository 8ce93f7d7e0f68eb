/**
 * Judges what Bookinfo's productpage answered. Bookinfo says 200 whatever fails behind it, and so does any server that
 * happens to be in its place; only the content tells. The literal strings are those of Bookinfo 1.20.1 to 1.20.3 (Istio
 * 1.23 and later, `samples/bookinfo/src/productpage/templates/productpage.html`) and of `fixtures/bookinfo`.
 */
export interface PageAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type ReviewsVersion = 'v1' | 'v2' | 'v3';

export interface ProductPageVerdict {
  /** Which version of reviews made the page; undefined where the page does not say so, or contradicts itself. */
  reviewsVersion: ReviewsVersion | undefined;
  /** One sentence each, with what was expected and what was found. Empty means Bookinfo works as a whole. */
  faults: string[];
}

export interface ApiAnswers {
  products: PageAnswer;
  details: PageAnswer;
  reviews: PageAnswer;
  ratings: PageAnswer;
}

const REQUIRED = [
  ...['The Comedy of Errors', 'Book Details', '1234567890', 'PublisherA'],
  ...['Book Reviews', 'Reviewer1', 'Reviewer2'],
];

const RATINGS_DOWN = 'Ratings service is currently unavailable';
const FORBIDDEN = [
  'Error fetching product details',
  'Error fetching product reviews',
  'Sorry, product',
  RATINGS_DOWN,
  'upstream connect error',
];

const STARS = { Reviewer1: 5, Reviewer2: 4 };
/** A row of stars for each reviewer: colour and how many are full. Errors are `text-red-500` too, rows are `flex`. */
const ROWS: Record<ReviewsVersion, string> = { v1: '', v2: 'black 5, black 4', v3: 'red 5, red 4' };
const COLORS: Record<ReviewsVersion, string | undefined> = { v1: undefined, v2: 'black', v3: 'red' };

/** Judges the page at `/productpage`. */
export function judgeProductPage(answer: PageAnswer): ProductPageVerdict {
  const { body } = answer;
  const faults = judgeEnvelope(answer, 'text/html');
  for (const text of FORBIDDEN) {
    const at = body.indexOf(text);
    if (at >= 0) faults.push(`expected no «${text}» in the page, found ${startOf(body.slice(at))}`);
  }
  const missing = REQUIRED.filter((text) => !body.includes(text));
  faults.push(...missing.map((text) => `expected «${text}» in the page, found ${startOf(body)}`));

  const pods = [...body.matchAll(/Reviews served by:\s*([^\s<]*)/g)].map((match) => match[1] ?? '');
  const versions = new Set(pods.map(versionOf));
  let [reviewsVersion] = versions;
  if (pods.length !== 2 || new Set(pods).size !== 1 || reviewsVersion === undefined) {
    const found = pods.length === 0 ? 'none' : pods.map((pod) => `«${pod}»`).join(', ');
    faults.push(`expected «Reviews served by:» one pod of reviews-v1, -v2 or -v3 below both reviews, found ${found}`);
    if (versions.size !== 1) reviewsVersion = undefined;
  }

  const stars = starsOf(body);
  // Without ratings there are no stars to compare; that fault has been named above.
  if (reviewsVersion !== undefined && !body.includes(RATINGS_DOWN) && stars !== ROWS[reviewsVersion]) {
    const expected = ROWS[reviewsVersion] || 'none';
    faults.push(`expected the stars of reviews-${reviewsVersion}, ${expected}, found ${stars || 'none'}`);
    reviewsVersion = undefined;
  }
  return { reviewsVersion, faults };
}

/** Judges `/api/v1/products`, `/api/v1/products/0`, `/api/v1/products/0/reviews` and `…/0/ratings`; sentences as above. */
export function judgeApi(answers: ApiAnswers): string[] {
  return [
    ...judgeJson('/api/v1/products', answers.products, (products) => [
      { path: '0.id', expected: 0, found: at(products, 0, 'id') },
      { path: '0.title', expected: 'The Comedy of Errors', found: at(products, 0, 'title') },
    ]),
    ...judgeJson('/api/v1/products/0', answers.details, (details) => [
      { path: 'error', expected: undefined, found: at(details, 'error') },
      { path: 'ISBN-10', expected: '1234567890', found: at(details, 'ISBN-10') },
      { path: 'publisher', expected: 'PublisherA', found: at(details, 'publisher') },
    ]),
    ...judgeJson('/api/v1/products/0/reviews', answers.reviews, judgeReviews),
    ...judgeJson('/api/v1/products/0/ratings', answers.ratings, (ratings) => [
      { path: 'error', expected: undefined, found: at(ratings, 'error') },
      { path: 'ratings', expected: STARS, found: at(ratings, 'ratings') },
    ]),
  ];
}

interface Check {
  path: string;
  expected: unknown;
  found: unknown;
}

function judgeReviews(reviews: unknown): Check[] {
  const podname = at(reviews, 'podname');
  const version = versionOf(String(podname));
  const checks: Check[] = [
    { path: 'error', expected: undefined, found: at(reviews, 'error') },
    { path: 'id', expected: '0', found: at(reviews, 'id') },
    { path: 'reviews.length', expected: 2, found: at(reviews, 'reviews', 'length') },
  ];
  for (const [index, [reviewer, stars]] of Object.entries(STARS).entries()) {
    checks.push({
      path: `reviews.${index}.reviewer`,
      expected: reviewer,
      found: at(reviews, 'reviews', index, 'reviewer'),
    });
    if (version === undefined) continue;
    const expected = version === 'v1' ? undefined : { stars, color: COLORS[version] };
    checks.push({ path: `reviews.${index}.rating`, expected, found: at(reviews, 'reviews', index, 'rating') });
  }
  if (version === undefined) checks.push({ path: 'podname', expected: 'reviews-v1-…, -v2-… or -v3-…', found: podname });
  return checks;
}

function judgeJson(where: string, answer: PageAnswer, checksOf: (value: unknown) => Check[]): string[] {
  const faults = judgeEnvelope(answer, 'application/json');
  let value: unknown;
  try {
    value = JSON.parse(answer.body);
  } catch {
    return [...faults, `expected JSON, found ${startOf(answer.body)}`].map((fault) => `${where}: ${fault}`);
  }
  const wrong = checksOf(value).filter(({ expected, found }) => canonical(expected) !== canonical(found));
  faults.push(
    ...wrong.map(({ path, expected, found }) => `expected ${path} to be ${show(expected)}, found ${show(found)}`),
  );
  return faults.map((fault) => `${where}: ${fault}`);
}

function judgeEnvelope({ status, headers, body }: PageAnswer, type: string): string[] {
  const faults: string[] = [];
  if (status !== 200) faults.push(`expected status 200, found ${status} with ${startOf(body)}`);
  const [, found] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  if (found !== undefined && !found.startsWith(type)) faults.push(`expected content type ${type}, found ${found}`);
  return faults;
}

function versionOf(pod: string): ReviewsVersion | undefined {
  return /^reviews-(v[123])-/.exec(pod)?.[1] as ReviewsVersion | undefined;
}

/** Colour and number of full stars of each row. */
function starsOf(body: string): string {
  const rows = body.split('class="flex gap-x-1 text-').slice(1);
  const described = rows.map((row) => `${/^[^"]*(?=-500")/.exec(row)?.[0] ?? '?'} ${fullStars(row)}`);
  const stray = fullStars(body) - rows.reduce((sum, row) => sum + fullStars(row), 0);
  return [...described, ...(stray > 0 ? [`${stray} outside a row`] : [])].join(', ');
}

const fullStars = (markup: string): number => markup.match(/glyphicon glyphicon-star(?!-)/g)?.length ?? 0;

/** The member of a JSON value, undefined where there is none. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<string | number, unknown> | null | undefined)?.[key],
    value,
  );
}

/** Equal for equal JSON values, whatever the order of members. */
function canonical(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return value === undefined ? 'undefined' : JSON.stringify(isObject ? Object.entries(value).sort() : value);
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200));

/** How a body reads, without its markup. */
function startOf(body: string): string {
  const text = body.replace(/<(script|style)\b.*?<\/\1>|<[^>]*>/gs, ' ').replace(/\s+/g, ' ');
  return text.trim() === '' ? 'no text' : `«${text.trim().slice(0, 160)}»`;
}
