import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { scaleDeadlines } from '../../common/deadlines.ts';
import { Failure } from '../../common/errors.ts';
import { download } from './download.ts';
import type { Received } from './download-failure.ts';
import type { Asset } from './releases.ts';
import { cutOff, Loopback, sha256 } from './testing/loopback.ts';

const CONTENT = Buffer.alloc(3 * 2 ** 20, 'k3d');
const signal = new AbortController().signal;

beforeEach(() => {
  vi.stubEnv('NO_PROXY', '127.0.0.1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  scaleDeadlines(1);
});

/** Downloads into a folder of its own; what went wrong, and whether a file was left. */
async function attempt(asset: Asset, options = {}): Promise<{ error: unknown; left: boolean }> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'tool');
  const error: unknown = await download(asset, file, { signal, ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, left: existsSync(file) };
}

it('follows redirects, verifies and counts', async () => {
  await using server = await Loopback.start();
  const asset = { url: `http://${server.host}/releases/tool`, checksums: `http://${server.host}/checksums.txt` };
  server.serve(asset.url, (answer) => answer.writeHead(302, { location: '/storage/blob?token=1' }).end());
  server.files.set('/storage/blob?token=1', (answer) => {
    answer.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT);
  });
  server.serve(asset.checksums, `${sha256('other')}  _dist/other\n${sha256(CONTENT)}  _dist/tool\n`);
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const seen: [string, Received][] = [];
  await download(asset, join(folder.path, 'tool'), {
    signal,
    onReceived: (name, { ...now }) => seen.push([name, now]),
  });
  expect(readFileSync(join(folder.path, 'tool')).equals(CONTENT)).toBe(true);
  expect(seen.at(-1)).toEqual(['tool', { bytes: CONTENT.length, total: CONTENT.length }]);
});

it('refuses a file with another checksum', async () => {
  await using server = await Loopback.start();
  const asset = { url: `http://${server.host}/tool`, checksums: `http://${server.host}/tool.sha256` };
  server.serve(asset.url, 'swapped');
  server.serve(asset.checksums, sha256(CONTENT));
  const { error, left } = await attempt(asset);
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).kind).toBe('environment');
  expect((error as Failure).message).toBe(
    [
      'The SHA-256 of tool is not the published one.',
      'Download it again; if it stays so, do not use it: something between here and there changes it.',
      `  command: GET ${asset.url}`,
      `  | published ${sha256(CONTENT)}`,
      `  | received  ${sha256('swapped')}`,
    ].join('\n'),
  );
  expect(left).toBe(false);
});

it('refuses a file that is not the pinned one, though its project publishes it', async () => {
  await using server = await Loopback.start();
  const url = `http://${server.host}/tool`;
  server.serve(url, 'swapped');
  server.serve(`${url}.sha256`, sha256('swapped'));
  const sums = [`  | received  ${sha256('swapped')}`];
  for (const checksums of [{}, { checksums: `${url}.sha256` }]) {
    const { error, left } = await attempt({ url, sha256: sha256(CONTENT), ...checksums });
    expect(error).toMatchObject({ kind: 'environment' });
    expect((error as Failure).message).toBe(
      [
        'The SHA-256 of tool is not the pinned one.',
        'Do not use it: it is another file than when it was pinned. If its project says why, renew the pins (npm run pins).',
        `  command: GET ${url}`,
        `  | pinned    ${sha256(CONTENT)}`,
        ...sums,
      ].join('\n'),
    );
    expect(left).toBe(false);
    sums.unshift(`  | published ${sha256('swapped')}`);
  }
});

it('takes a file that is the pinned one, and says what it is', async () => {
  await using server = await Loopback.start();
  const url = `http://${server.host}/tool`;
  server.serve(url, CONTENT);
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'tool');
  expect(await download({ url, sha256: sha256(CONTENT) }, file, { signal })).toBe(sha256(CONTENT));
  expect(await download({ url }, `${file}-again`, { signal })).toBe(sha256(CONTENT));
});

it('fetches nothing when the checksum file does not list it', async () => {
  await using server = await Loopback.start();
  const asset = { url: `http://${server.host}/tool`, checksums: `http://${server.host}/checksums.txt` };
  server.serve(asset.checksums, '<html>Welcome to the hotel</html>');
  const { error } = await attempt(asset);
  expect(error).toMatchObject({ kind: 'environment', reason: 'The checksum file of tool does not list it.' });
  expect(server.requests).toEqual(['/checksums.txt']);
});

it.each([
  [404, 'has no tool (404).', 1],
  [403, 'refuses tool (403).', 1],
  [429, 'refuses tool (429).', 1],
  [503, 'answered 503 for tool, 3 times in a row.', 3],
])('says what a %i means', async (status, reason, tries) => {
  await using server = await Loopback.start();
  server.files.set('/tool', (answer) => answer.writeHead(status).end('no'));
  const { error, left } = await attempt({ url: `http://${server.host}/tool` });
  expect(error).toMatchObject({ kind: 'environment', reason: `${server.host} ${reason}` });
  expect(left).toBe(false);
  expect(server.requests).toHaveLength(tries);
});

it('gives up a server that answers half way every time', async () => {
  await using server = await Loopback.start();
  server.files.set('/tool', cutOff);
  const { error, left } = await attempt({ url: `http://${server.host}/tool` });
  const reason = `${server.host} broke off tool after 1.0 of 3.0 MiB, 3 times in a row.`;
  expect(error).toMatchObject({ kind: 'environment', reason });
  expect((error as Failure).message).toContain('\nTry again, or build everything on this machine');
  expect(left).toBe(false);
});

it('starts anew after a broken connection', async () => {
  await using server = await Loopback.start();
  server.files.set('/tool', (answer) => (server.requests.length === 1 ? cutOff(answer) : answer.end(CONTENT)));
  server.files.set('/tool.sha256', sha256(CONTENT));
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'tool');
  await download({ url: `http://${server.host}/tool` }, file, { signal });
  expect(sha256(readFileSync(file))).toBe(sha256(CONTENT));
  expect(server.requests).toEqual(['/tool', '/tool']);
});

it('does not wait for a server that falls silent', async () => {
  scaleDeadlines(0.01);
  await using server = await Loopback.start();
  server.files.set('/tool', (answer) => {
    answer.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 2 ** 20));
  });
  const { error, left } = await attempt({ url: `http://${server.host}/tool` });
  const reason = `${server.host} sent nothing for 0.3 s; tool ended after 1.0 of 3.0 MiB.`;
  expect(error).toMatchObject({ kind: 'environment', reason });
  expect(left).toBe(false);
});

it('says that nothing listens', async () => {
  const closed = await new Promise<string>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? `127.0.0.1:${address?.port ?? 0}` : ''));
    });
  });
  const { error } = await attempt({ url: `http://${closed}/tool` });
  expect(error).toMatchObject({ kind: 'environment', reason: `${closed} cannot be reached (ECONNREFUSED).` });
});

it('stops when the run is interrupted, with the reason it was given', async () => {
  await using server = await Loopback.start();
  const controller = new AbortController();
  const interrupted = new Error('interrupted');
  server.files.set('/tool', (answer) => {
    answer.writeHead(200).write('begun', () => controller.abort(interrupted));
  });
  const { error, left } = await attempt({ url: `http://${server.host}/tool` }, { signal: controller.signal });
  expect(error).toBe(interrupted);
  expect(left).toBe(false);
});
