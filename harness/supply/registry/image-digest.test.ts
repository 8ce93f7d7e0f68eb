import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scaleDeadlines } from '../../common/deadlines.ts';
import { digestInRegistry, placeOf } from './image-digest.ts';
import { type Answer, Loopback, serveImage, sha256 } from './testing/loopback.ts';

const signal = new AbortController().signal;
const MANIFEST = '/v2/team/pilot/manifests/1';

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  scaleDeadlines(1);
});

it.each([
  ['docker.io/istio/pilot:1.29.1', 'https://registry-1.docker.io', 'istio/pilot', '1.29.1'],
  ['docker.io/node:24', 'https://registry-1.docker.io', 'library/node', '24'],
  ['istio/pilot', 'https://registry-1.docker.io', 'istio/pilot', 'latest'],
  ['quay.io/jetstack/cert-manager-webhook:v1', 'https://quay.io', 'jetstack/cert-manager-webhook', 'v1'],
  ['registry.example.com:5000/team/pilot', 'https://registry.example.com:5000', 'team/pilot', 'latest'],
  ['127.0.0.1:5000/pilot:1', 'http://127.0.0.1:5000', 'pilot', '1'],
])('finds %s where docker does', (image, base, repository, tag) => {
  expect(placeOf(image)).toEqual({ base, repository, tag });
});

/** Has a registry answer those only who have the token that it gives to everybody. */
function withToken(server: Loopback, token: (request: IncomingMessage) => object | string | number): void {
  const open = server.files.get(MANIFEST) as Exclude<Answer, string | Buffer>;
  const challenge = `Bearer realm="http://${server.host}/token",service="registry.example.com",scope="repository:team/pilot:pull"`;
  server.files.set(MANIFEST, (answer, request) => {
    if (request.headers.authorization === 'Bearer anonymous') open(answer, request);
    else answer.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  server.files.set('/token?service=registry.example.com&scope=repository%3Ateam%2Fpilot%3Apull', (answer, request) => {
    const given = token(request);
    if (typeof given === 'number') answer.writeHead(given).end();
    else answer.end(typeof given === 'string' ? given : JSON.stringify(given));
  });
}

describe('the digest of an image', () => {
  it('is that of its index, asked for without taking it', async () => {
    await using server = await Loopback.start();
    const digest = serveImage(server, 'team/pilot', '1', Buffer.from('layer'));
    const open = server.files.get(MANIFEST) as Exclude<Answer, string | Buffer>;
    const asked: [string | undefined, string | undefined][] = [];
    server.files.set(MANIFEST, (answer, request) => {
      asked.push([request.method, request.headers.accept]);
      open(answer, request);
    });
    expect(await digestInRegistry(`${server.host}/team/pilot:1`, signal)).toBe(digest);
    expect(asked).toEqual([['HEAD', expect.stringContaining('application/vnd.oci.image.index.v1+json') as string]]);
    expect(server.requests).toEqual([MANIFEST]);
  });

  it.each(['token', 'access_token'])('comes with the %s that everybody gets', async (field) => {
    await using server = await Loopback.start();
    const digest = serveImage(server, 'team/pilot', '1', Buffer.from('layer'));
    withToken(server, () => ({ [field]: 'anonymous' }));
    expect(await digestInRegistry(`${server.host}/team/pilot:1`, signal)).toBe(digest);
  });

  it.each([
    ['a token that is not enough', { token: 'other' }, 'refuses team/pilot:1 (401).'],
    ['a page of a portal', '<html>Welcome to the hotel</html>', 'refuses team/pilot:1 (401).'],
    ['no token', 403, 'refuses team/pilot:1 (403).'],
    ['too many askers', 429, 'refuses team/pilot:1 (429).'],
    ['trouble of its own', 503, 'answered 503 for team/pilot:1, 3 times in a row.'],
  ])('does not come with %s', async (_, token, reason) => {
    await using server = await Loopback.start();
    scaleDeadlines(0.01);
    serveImage(server, 'team/pilot', '1', Buffer.from('layer'));
    withToken(server, () => token);
    await expect(digestInRegistry(`${server.host}/team/pilot:1`, signal)).rejects.toMatchObject({
      kind: 'environment',
      reason: `${server.host} ${reason}`,
      message: expect.stringContaining(`command: HEAD http://${server.host}${MANIFEST}`) as string,
    });
  });

  it('is not there where the image is not', async () => {
    await using server = await Loopback.start();
    await expect(digestInRegistry(`${server.host}/team/pilot:1`, signal)).rejects.toMatchObject({
      reason: `${server.host} has no team/pilot:1 (404).`,
    });
  });

  it.each([
    ['nobody says it', {}],
    ['it is of another kind', { 'docker-content-digest': `sha512:${sha256('x')}` }],
  ])('is missed where %s', async (_, headers) => {
    await using server = await Loopback.start();
    server.files.set(MANIFEST, (answer) => answer.writeHead(200, headers).end());
    await expect(digestInRegistry(`${server.host}/team/pilot:1`, signal)).rejects.toMatchObject({
      kind: 'environment',
      reason: `${server.host} names no digest of team/pilot.`,
    });
  });

  it('needs a way to a token', async () => {
    await using server = await Loopback.start();
    server.files.set(MANIFEST, (answer) => answer.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
    await expect(digestInRegistry(`${server.host}/team/pilot:1`, signal)).rejects.toMatchObject({
      reason: `${server.host} refuses team/pilot:1 (401).`,
    });
  });
});
