import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, request } from 'undici';
import { environmentFailure } from '../../common/errors.ts';
import { newFile } from '../../cluster/ownership/files.ts';
import { insist, withDispatcher } from './ask.ts';
import { expectedSha256 } from './checksum.ts';
import { BadStatus, downloadFailure, type Received } from './download-failure.ts';
import type { Asset } from './releases.ts';

export interface DownloadOptions {
  signal: AbortSignal;
  /** Called with every chunk, for a progress display. */
  onReceived?: (name: string, received: Received) => void;
}

/**
 * Puts a release's file at `file` and returns its SHA-256, compared as by {@link receive}. Fails with an environment
 * failure; then nothing is at `file`.
 */
export async function download(asset: Asset, file: string, options: DownloadOptions): Promise<string> {
  const { sha256 } = await newFile(file, (path) =>
    receive(asset, options, (body) => pipeline(body, createWriteStream(path), { signal: options.signal })),
  );
  return sha256;
}

/**
 * Has a release's file read, from its beginning at every try, and returns its SHA-256 with what was made of it. Fails
 * unless that is what it is pinned to and what its project publishes, as far as there is either.
 */
export async function receive<T>(
  asset: Asset,
  options: DownloadOptions,
  consume: (body: AsyncIterable<Buffer>) => Promise<T>,
): Promise<{ sha256: string; content: T }> {
  const published = await publishedSha256(asset, options);
  const taken = await fetch(asset.url, options, async (body) => {
    const hash = createHash('sha256');
    const tap = async function* () {
      for await (const chunk of body) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const content = await consume(tap());
    return { sha256: hash.digest('hex'), content };
  });
  assertSha256(asset, published, taken.sha256);
  return taken;
}

/** The SHA-256 in the checksum file of an asset; undefined where its project publishes none. */
async function publishedSha256({ url, checksums }: Asset, { signal }: DownloadOptions): Promise<string | undefined> {
  if (checksums === undefined) return undefined;
  const name = nameOf(url);
  const published = expectedSha256(await fetch(checksums, { signal }, text), name);
  if (published !== undefined) return published;
  throw environmentFailure(`The checksum file of ${name} does not list it.`, {
    next: 'Something else may have answered in its place, a proxy or a portal: look at it in a browser.',
    command: `GET ${checksums}`,
  });
}

function assertSha256({ url, sha256: pinned }: Asset, published: string | undefined, received: string): void {
  const refuse = (which: string, next: string) => {
    const sums = Object.entries({ pinned, published, received }).filter(([, sum]) => sum !== undefined);
    return environmentFailure(`The SHA-256 of ${nameOf(url)} is not the ${which} one.`, {
      next,
      command: `GET ${url}`,
      evidence: sums.map(([whose, sum]) => `${whose.padEnd('published'.length)} ${sum ?? ''}`).join('\n'),
    });
  };
  if (published !== undefined && published !== received) {
    throw refuse(
      'published',
      'Download it again; if it stays so, do not use it: something between here and there changes it.',
    );
  }
  if (pinned !== undefined && pinned !== received) {
    throw refuse(
      'pinned',
      'Do not use it: it is another file than when it was pinned. If its project says why, renew the pins (npm run pins).',
    );
  }
}

const nameOf = (url: string) => basename(new URL(url).pathname);

/** Requests a file; `consume` starts anew with each try. */
async function fetch<T>(
  url: string,
  { signal, onReceived }: DownloadOptions,
  consume: (body: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  let received: Received = { bytes: 0 };
  const once = async (dispatcher: Dispatcher) => {
    received = { bytes: 0 };
    const { statusCode, headers, body } = await request(url, { dispatcher, signal });
    if (statusCode !== 200) {
      await body.dump();
      throw new BadStatus(statusCode);
    }
    const length = Number(headers['content-length']);
    if (Number.isFinite(length)) received.total = length;
    const counted = async function* () {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        received.bytes += chunk.length;
        onReceived?.(nameOf(url), received);
        yield chunk;
      }
    };
    return await consume(counted());
  };
  return await insist(
    signal,
    () => withDispatcher(once),
    (error, tries) => downloadFailure({ url }, error, received, tries),
  );
}
