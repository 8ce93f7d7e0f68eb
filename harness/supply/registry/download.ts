import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EnvHttpProxyAgent, interceptors, request } from 'undici';
import { deadline } from '../../deadlines.ts';
import { environmentFailure } from '../../errors.ts';
import { expectedSha256 } from './checksum.ts';
import { BadStatus, downloadFailure, isPassing, type Received } from './download-failure.ts';
import type { Asset } from './releases.ts';

export interface DownloadOptions {
  signal: AbortSignal;
  /** Called with every chunk, for a progress display. */
  onReceived?: (name: string, received: Received) => void;
}

/** GitHub and dl.k8s.io redirect once; a mirror in between may do so again. */
const REDIRECTS = 5;
const TRIES = 3;

/**
 * Puts a release's file at `file`, compared with the SHA-256 its project publishes, if it does. Fails with an
 * environment failure; then nothing is at `file`.
 */
export async function download(asset: Asset, file: string, options: DownloadOptions): Promise<void> {
  const name = basename(new URL(asset.url).pathname);
  let expected: string | undefined;
  if (asset.checksums !== undefined) {
    expected = expectedSha256(await downloadText(asset.checksums, options), name);
    if (expected === undefined) {
      throw environmentFailure(`The checksum file of ${name} does not list it.`, {
        next: 'Something else may have answered in its place, a proxy or a portal: look at it in a browser.',
        command: `GET ${asset.checksums}`,
      });
    }
  }
  try {
    const actual = await insist(asset.url, options, async (body, count) => {
      const hash = createHash('sha256');
      const tap = async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          count(chunk.length);
          yield chunk;
        }
      };
      await pipeline(body, tap, createWriteStream(file), { signal: options.signal });
      return hash.digest('hex');
    });
    if (expected !== undefined && actual !== expected) {
      throw environmentFailure(`The SHA-256 of ${name} is not the published one.`, {
        next: 'Download it again; if it stays so, do not use it: something between here and there changes it.',
        command: `GET ${asset.url}`,
        evidence: `published ${expected}\nreceived  ${actual}`,
      });
    }
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

/** A small text file of a release. */
export async function downloadText(url: string, options: DownloadOptions): Promise<string> {
  return await insist(url, { signal: options.signal }, async (body, count) => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) {
      count(chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  });
}

type Consumer<T> = (body: AsyncIterable<Buffer>, count: (bytes: number) => void) => Promise<T>;

/** Requests a file up to {@link TRIES} times, as long as what goes wrong may pass; `consume` starts anew each time. */
async function insist<T>(url: string, options: DownloadOptions, consume: Consumer<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const received: Received = { bytes: 0 };
    try {
      return await once(url, received, options, consume);
    } catch (error) {
      options.signal.throwIfAborted();
      if (tries === TRIES || !isPassing(error)) throw downloadFailure(url, error, received, tries);
      await delay(deadline('poll') * 2 ** tries, undefined, { signal: options.signal });
    }
  }
}

async function once<T>(url: string, received: Received, options: DownloadOptions, consume: Consumer<T>): Promise<T> {
  // undici's time-outs are of silence, not of the whole: a slow line may take as long as it takes.
  const silence = deadline('downloadSilence');
  const agent = new EnvHttpProxyAgent({ headersTimeout: silence, bodyTimeout: silence, connect: { timeout: silence } });
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher: agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS })),
      signal: options.signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      throw new BadStatus(statusCode);
    }
    const length = Number(headers['content-length']);
    if (Number.isFinite(length)) received.total = length;
    const name = basename(new URL(url).pathname);
    return await consume(body, (bytes) => {
      received.bytes += bytes;
      options.onReceived?.(name, received);
    });
  } finally {
    await agent.destroy();
  }
}
