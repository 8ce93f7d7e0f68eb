import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../../common/paths.ts';
import { judgeApi, judgeProductPage, type PageAnswer, type ReviewsVersion } from './bookinfo.ts';

const MAIN = fixture('bookinfo', 'main.ts');
const VERSIONS: ReviewsVersion[] = ['v1', 'v2', 'v3'];
const podOf = (version: string) => `reviews-${version}-6f85cb9b7c-2hf7c`;

/** Ends the service when its standard input does, that is when this process is gone, however it went. */
const LIFELINE = 'data:text/javascript,process.stdin.on("close",()=>process.exit(1)).resume()';

const running = new Set<ChildProcess>();
// Disposal has ended them, unless a test ran into its time-out.
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Running extends AsyncDisposable {
  port: number;
}

/** A service of the fixture on a free port; disposal ends it with SIGTERM and holds it to exit code 0 within 10 s. */
async function start(service: string, env: Record<string, string> = {}): Promise<Running> {
  const hosts = { DETAILS_HOSTNAME: '127.0.0.1', RATINGS_HOSTNAME: '127.0.0.1', REVIEWS_HOSTNAME: '127.0.0.1' };
  const child = spawn(process.execPath, ['--import', LIFELINE, MAIN, service], {
    env: { PORT: '0', ...hosts, ...env },
  });
  running.add(child);
  // Not inherited: vitest waits for whoever holds its worker's standard error.
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as unknown[];
  const port = Number(/^\w+ listens on port (\d+)$/.exec(String(line))?.[1]);
  if (Number.isNaN(port)) throw new Error(`${service} ended with ${String(line)} before it listened: ${errors}`);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const [code] = (await Promise.race([ended, delay(10_000, ['still running'], { ref: false })])) as unknown[];
      if (code === 'still running') child.kill('SIGKILL');
      running.delete(child);
      expect([code, errors]).toEqual([0, '']);
    },
  };
}

/** A server in the place of a service. */
async function stub(listener: RequestListener): Promise<Running & { asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function closedPort(): Promise<number> {
  await using server = await stub(() => undefined);
  return server.port;
}

interface Overrides {
  details?: number;
  ratings?: number;
  reviews?: number;
  /** Environment of reviews. */
  env?: Record<string, string>;
}

interface Bookinfo extends Running {
  reviews: number;
}

/** What most tests share: details, ratings, and the application with each version of reviews. */
const shared = new AsyncDisposableStack();
let backends: { details: number; ratings: number };
let apps: Record<ReviewsVersion, Bookinfo>;
beforeAll(async () => {
  const [details, ratings] = await Promise.all([start('details'), start('ratings')]);
  backends = { details: shared.use(details).port, ratings: shared.use(ratings).port };
  const [v1, v2, v3] = await Promise.all([bookinfo('v1'), bookinfo('v2'), bookinfo('v3')]);
  apps = { v1: shared.use(v1), v2: shared.use(v2), v3: shared.use(v3) };
}, 20_000);
afterAll(() => shared.disposeAsync());

/** All of Bookinfo, with one version of reviews; a port given in `overrides` takes the place of that service. */
async function bookinfo(version: ReviewsVersion, overrides: Overrides = {}): Promise<Bookinfo> {
  const { details, ratings } = { ...backends, ...overrides };
  const ports = { RATINGS_SERVICE_PORT: String(ratings), DETAILS_SERVICE_PORT: String(details) };
  await using stack = new AsyncDisposableStack();
  const env = { ...ports, SERVICE_VERSION: version, HOSTNAME: podOf(version), ...overrides.env };
  const reviews = overrides.reviews ?? stack.use(await start('reviews', env)).port;
  const { port } = stack.use(await start('productpage', { ...ports, REVIEWS_SERVICE_PORT: String(reviews) }));
  const owned = stack.move();
  return { port, reviews, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function get({ port }: { port: number }, path: string, init: RequestInit = {}): Promise<PageAnswer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

async function api(app: Running) {
  const [products, details, reviews, ratings] = await Promise.all([
    get(app, '/api/v1/products'),
    get(app, '/api/v1/products/0'),
    get(app, '/api/v1/products/0/reviews'),
    get(app, '/api/v1/products/0/ratings'),
  ]);
  return { products, details, reviews, ratings };
}

const page = (body: string, status = 200, type = 'text/html; charset=utf-8'): PageAnswer => ({
  status,
  headers: { 'content-type': type },
  body,
});

/** The shape of upstream's page (1.20.1 to 1.20.3), condensed: its classes, ids, line breaks and unbalanced quote. */
function upstreamPage(color: string | undefined, pod: string): string {
  const star = '<svg id="glyphicon glyphicon-star" class="h-5 w-5 flex-none" fill="currentColor">\n</svg>\n';
  const hollow = '<svg fill="none" stroke="currentColor" class="h-5 w-5 flex-none">\n</svg>\n';
  const review = (reviewer: string, stars: number) => `<section class="px-6">
    ${color === undefined ? '' : `<div class="flex gap-x-1 text-${color}-500">\n${star.repeat(stars)}${hollow.repeat(5 - stars)}</div>`}
    <blockquote class="mt-10"><p>"…"</p></blockquote>
    <div class="font-semibold text-gray-900">${reviewer}</div>
    <div class="mt-0.5 text-gray-600 font-mono">Reviews served by: \n                  ${pod}\n                  \n</div>
  </section>`;
  return `<meta charset="utf-8">\n<title>Simple Bookstore App</title>
    <script src="static/tailwind/tailwind.css"></script>
    <h1 class="text-5xl font-bold">The Comedy of Errors</h1>
    <h4 class="text-3xl font-semibold">Book Details</h4>
    <table><tr><td class="text-sm">1234567890</td><td>PublisherA</td><td>200</td><td>paperback</td><td>English</td></tr></table>
    <div class="container mx-auto px-4 sm:px-6 lg:px-8>
    <h4 class="text-3xl font-semibold">Book Reviews</h4>
    ${review('Reviewer1', 5)}${review('Reviewer2', 4)}</div>`;
}

describe('the judge of /productpage', () => {
  test.each([
    ['v1', undefined],
    ['v2', 'black'],
    ['v3', 'red'],
  ])("finds no fault with upstream's page made by reviews-%s", (version, color) => {
    const verdict = judgeProductPage(page(upstreamPage(color, podOf(version))));
    expect(verdict).toEqual({ reviewsVersion: version, faults: [] });
  });

  test('is not content with a server that always says 200 OK', () => {
    const { reviewsVersion, faults } = judgeProductPage(page('OK', 200, 'text/plain'));
    expect(reviewsVersion).toBeUndefined();
    expect(faults).toHaveLength(9);
    expect(faults).toContain('expected content type text/html, found text/plain');
    expect(faults).toContain('expected «The Comedy of Errors» in the page, found «OK»');
    expect(judgeProductPage(page('')).faults).toContain('expected «Reviewer2» in the page, found no text');
  });

  test("names Envoy's error with its reason", () => {
    const body =
      'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport ' +
      'failure reason: TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end';
    const { reviewsVersion, faults } = judgeProductPage(page(body, 503, 'text/plain'));
    expect(reviewsVersion).toBeUndefined();
    expect(faults[0]).toMatch(/^expected status 200, found 503 with «upstream connect error or disconnect/);
    expect(faults.join('\n')).toContain('expected no «upstream connect error» in the page');
  });

  test.each([
    [
      'a wrong colour',
      upstreamPage('green', podOf('v2')),
      'expected the stars of reviews-v2, black 5, black 4, found green 5, green 4',
    ],
    [
      'the colour of another version',
      upstreamPage('red', podOf('v2')),
      'expected the stars of reviews-v2, black 5, black 4, found red 5, red 4',
    ],
    [
      'stars of a version that has none',
      upstreamPage('black', podOf('v1')),
      'expected the stars of reviews-v1, none, found black 5, black 4',
    ],
    ['no stars', upstreamPage(undefined, podOf('v3')), 'expected the stars of reviews-v3, red 5, red 4, found none'],
    [
      'a missing star',
      upstreamPage('red', podOf('v3')).replace('glyphicon-star', ''),
      'expected the stars of reviews-v3, red 5, red 4, found red 4, red 4',
    ],
    [
      'stars outside a row',
      `glyphicon glyphicon-star${upstreamPage('red', podOf('v3'))}`,
      'expected the stars of reviews-v3, red 5, red 4, found red 5, red 4, 1 outside a row',
    ],
    [
      'an unknown pod',
      upstreamPage('red', 'null'),
      'expected «Reviews served by:» one pod of reviews-v1, -v2 or -v3 below both reviews, found «null», «null»',
    ],
    [
      'two pods',
      upstreamPage('red', podOf('v3')).replace(podOf('v3'), podOf('v2')),
      `expected «Reviews served by:» one pod of reviews-v1, -v2 or -v3 below both reviews, found «${podOf('v2')}», «${podOf('v3')}»`,
    ],
  ])('names %s', (_, body, fault) => {
    expect(judgeProductPage(page(body))).toEqual({ reviewsVersion: undefined, faults: [fault] });
  });
});

describe('the judge of the JSON endpoints', () => {
  const healthy = {
    products: page('[{"id":0,"title":"The Comedy of Errors"}]', 200, 'application/json'),
    details: page('{"id":0,"ISBN-10":"1234567890","publisher":"PublisherA"}', 200, 'application/json'),
    reviews: page(
      `{"id":"0","podname":"${podOf('v3')}","clustername":"null","reviews":[
        {"reviewer":"Reviewer1","text":"…","rating":{"stars":5,"color":"red"}},
        {"reviewer":"Reviewer2","text":"…","rating":{"color":"red","stars":4}}]}`,
      200,
      'application/json',
    ),
    ratings: page('{"id":0,"ratings":{"Reviewer1":5,"Reviewer2":4}}', 200, 'application/json'),
  };
  const reviewsWith = (from: string, to: string) => ({
    ...healthy.reviews,
    body: healthy.reviews.body.replace(from, to),
  });

  test('finds no fault with what upstream answers', () => {
    expect(judgeApi(healthy)).toEqual([]);
  });

  test('is not content with a server that always says 200 OK', () => {
    const ok = page('OK', 200, 'text/plain');
    const faults = judgeApi({ products: ok, details: ok, reviews: ok, ratings: ok });
    expect(faults).toHaveLength(8);
    expect(faults).toContain('/api/v1/products/0/reviews: expected JSON, found «OK»');
    const empty = page('null', 200, 'application/json');
    expect(judgeApi({ products: empty, details: empty, reviews: empty, ratings: empty })).toHaveLength(10);
  });

  test.each([
    ['"red"', '"black"', 'reviews.0.rating to be {"stars":5,"color":"red"}, found {"stars":5,"color":"black"}'],
    [podOf('v3'), 'tomcat-0', 'podname to be "reviews-v1-…, -v2-… or -v3-…", found "tomcat-0"'],
    ['Reviewer2', 'Nobody', 'reviews.1.reviewer to be "Reviewer2", found "Nobody"'],
    ['"id":"0"', '"id":"1"', 'id to be "0", found "1"'],
  ])('names %s having become %s', (from, to, fault) => {
    const faults = judgeApi({ ...healthy, reviews: reviewsWith(from, to) });
    expect(faults).toEqual([`/api/v1/products/0/reviews: expected ${fault}`]);
  });
});

describe.concurrent('the fixture', { timeout: 20_000 }, () => {
  test('does not start as anything else', async () => {
    await expect(start('checkout')).rejects.toThrow(
      /ended with 2 before it listened: The service is the first argument or SERVICE/,
    );
    await expect(start('reviews', { SERVICE_VERSION: 'v4' })).rejects.toThrow('is v1, v2 or v3, not «v4»');
  });

  test.each(VERSIONS)('is judged faultless with reviews-%s', async (version) => {
    const app = apps[version];
    expect(judgeProductPage(await get(app, '/productpage'))).toEqual({ reviewsVersion: version, faults: [] });
    expect(judgeApi(await api(app))).toEqual([]);
  });

  test('has the paths of upstream', async () => {
    const app = apps.v1;
    const at = async (path: string, init?: RequestInit) => {
      const { status, headers, body } = await get(app, path, init);
      return [status, headers['content-type'] ?? headers['location'] ?? headers['allow'], body] as const;
    };
    const referer = { referer: 'http://shop.example/productpage?u=test' };
    expect(await at('/')).toEqual([200, 'text/html; charset=utf-8', expect.stringContaining('/productpage?u=normal')]);
    expect(await at('/index.html?x=1')).toEqual(await at('/'));
    expect(await at('/health')).toEqual([200, 'text/html; charset=utf-8', 'Product page is healthy']);
    expect(await at('/static/tailwind/tailwind.css')).toEqual([200, 'text/css; charset=utf-8', expect.any(String)]);
    expect(await at('/productpage', { method: 'HEAD' })).toEqual([200, 'text/html; charset=utf-8', '']);
    expect(await at('/login', { method: 'POST', body: 'username=a', headers: referer })).toEqual([
      302,
      referer.referer,
      '',
    ]);
    expect(await at('/logout')).toEqual([302, '/productpage', '']);
    expect(await at('/login')).toEqual([405, 'POST', expect.any(String)]);
    for (const path of ['/nothing', '/productpage/0', '/static/../main.ts', '//[', '/api/v1/products/0/authors']) {
      expect([path, (await get(app, path)).status]).toEqual([path, 404]);
    }
    expect(await at('/api/v1/products/x')).toEqual([
      400,
      'application/json',
      expect.stringContaining('Sorry, product details'),
    ]);
  });

  test('answers at the services behind productpage as upstream does', async () => {
    await using reviews = await start('reviews');
    const [details, ratings] = [{ port: backends.details }, { port: backends.ratings }];
    for (const [service, name] of [
      [details, 'Details'],
      [ratings, 'Ratings'],
      [reviews, 'Reviews'],
    ] as const) {
      const { status, body } = await get(service, '/health');
      expect([status, body]).toEqual([200, `{"status":"${name} is healthy"}`]);
    }
    expect(await get(details, '/details/x')).toMatchObject({
      status: 400,
      body: '{"error":"please provide numeric product id"}',
    });
    expect(await get(ratings, '/ratings/x')).toMatchObject({
      status: 400,
      body: '{"error":"please provide numeric product ID"}',
    });
    expect((await get(reviews, '/reviews/x')).status).toBe(404);
    expect(JSON.parse((await get(reviews, '/reviews/7')).body)).toMatchObject({
      id: '7',
      podname: 'null',
      clustername: 'null',
    });
  });

  test('shows ratings being down in the page only, and the judge names it', async () => {
    await using app = await bookinfo('v2', { ratings: await closedPort() });
    const { reviewsVersion, faults } = judgeProductPage(await get(app, '/productpage'));
    expect(reviewsVersion).toBe('v2');
    expect(faults).toEqual([
      expect.stringMatching(/^expected no «Ratings service is currently unavailable» in the page, found «Ratings/),
    ]);
    const answers = await api(app);
    expect(answers.reviews.status).toBe(200);
    expect(judgeApi(answers)).toEqual([
      ...[0, 1].map((index) => {
        const expected = JSON.stringify({ stars: 5 - index, color: 'black' });
        const found = '{"error":"Ratings service is currently unavailable"}';
        return `/api/v1/products/0/reviews: expected reviews.${index}.rating to be ${expected}, found ${found}`;
      }),
      expect.stringMatching(
        '^/api/v1/products/0/ratings: expected status 200, found 500 with «{"error":"Sorry, product',
      ),
      expect.stringMatching('^/api/v1/products/0/ratings: expected error to be nothing, found "Sorry, product ratings'),
      '/api/v1/products/0/ratings: expected ratings to be {"Reviewer1":5,"Reviewer2":4}, found nothing',
    ]);
  });

  test('shows details being down in the page only, and the judge names it', async () => {
    await using app = await bookinfo('v3', { details: await closedPort(), reviews: apps.v3.reviews });
    const answer = await get(app, '/productpage');
    const { reviewsVersion, faults } = judgeProductPage(answer);
    expect(answer.status).toBe(200);
    expect(reviewsVersion).toBe('v3');
    expect(faults.map((fault) => fault.split(' in the page')[0])).toEqual([
      'expected no «Error fetching product details»',
      'expected no «Sorry, product»',
      'expected «Book Details»',
      'expected «1234567890»',
      'expected «PublisherA»',
    ]);
  });

  test('asks reviews twice, shows them being down, and passes their status on', async () => {
    await using broken = await stub((_, response) => response.writeHead(503).end('upstream connect error'));
    await using app = await bookinfo('v1', { reviews: broken.port });
    const answer = await get(app, '/productpage');
    const { reviewsVersion, faults } = judgeProductPage(answer);
    expect(answer.status).toBe(200);
    expect(broken.asked).toHaveLength(2);
    expect(reviewsVersion).toBeUndefined();
    expect(faults.map((fault) => fault.split(' in the page')[0])).toEqual([
      'expected no «Error fetching product reviews»',
      'expected no «Sorry, product»',
      'expected «Book Reviews»',
      'expected «Reviewer1»',
      'expected «Reviewer2»',
      'expected «Reviews served by:» one pod of reviews-v1, -v2 or -v3 below both reviews, found none',
    ]);
    expect((await get(app, '/api/v1/products/0/reviews')).status).toBe(503);
  });

  test('waits three seconds for details, once', async () => {
    await using silent = await stub(() => undefined);
    await using app = await bookinfo('v1', { details: silent.port, reviews: apps.v1.reviews });
    const started = performance.now();
    const { faults } = judgeProductPage(await get(app, '/productpage'));
    const elapsed = performance.now() - started;
    expect(silent.asked).toHaveLength(1);
    expect(faults.join('\n')).toContain('expected no «Error fetching product details»');
    expect(elapsed).toBeGreaterThan(2_900);
  });

  test('passes tracing headers and user agent on, one connection each, and end-user only from its own session', async () => {
    await using details = await stub((_, response) => response.end('{}'));
    await using ratings = await stub((_, response) => response.end('{}'));
    await using app = await bookinfo('v2', { details: details.port, ratings: ratings.port });
    const form = await get(app, '/login', { method: 'POST', body: 'username=jason' });
    const cookie = form.headers['set-cookie']?.split(';')[0] ?? '';
    const sent = {
      'x-request-id': '34eeb41d',
      'x-b3-traceid': '80f198ee56343ba8',
      traceparent: '00-80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-01',
      'user-agent': 'meshtrust/trust-01',
      cookie,
    };
    await get(app, '/productpage', { headers: { ...sent, 'end-user': 'mallory', 'x-other': 'stays' } });
    for (const service of [details, ratings]) {
      const [request] = service.asked;
      expect(request?.headers).toMatchObject({ ...sent, 'end-user': 'jason', connection: 'close' });
      expect(request?.headers).not.toHaveProperty('x-other');
    }
    await get(app, '/productpage', { headers: { 'end-user': 'mallory' } });
    expect(details.asked[1]?.headers).not.toHaveProperty('end-user');
  });

  test('escapes whatever it is told by users and services', async () => {
    const evil = '<script>alert("1")</script>';
    await using app = await bookinfo('v3', { env: { HOSTNAME: `${podOf('v3')}${evil}`, CLUSTER_NAME: `'${evil}'` } });
    const form = await get(app, '/login', { method: 'POST', body: new URLSearchParams({ username: evil }).toString() });
    const cookie = form.headers['set-cookie']?.split(';')[0] ?? '';
    const { status, body } = await get(app, '/productpage', { headers: { cookie } });
    expect(status).toBe(200);
    expect(body).not.toContain('<script');
    expect(body.match(/&#60;script&#62;alert\(&#34;1&#34;\)/g)).toHaveLength(5);
    expect(body).toContain('Sign out');
  });

  test('is caught when reviews shows the stars of another version', async () => {
    await using app = await bookinfo('v3', { env: { HOSTNAME: podOf('v2') } });
    expect(judgeProductPage(await get(app, '/productpage'))).toEqual({
      reviewsVersion: undefined,
      faults: ['expected the stars of reviews-v2, black 5, black 4, found red 5, red 4'],
    });
  });
});
