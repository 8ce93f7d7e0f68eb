import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UPSTREAM, type Upstream } from '../releases.ts';

export const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

export type Answer = string | Buffer | ((answer: ServerResponse, request: IncomingMessage) => void);

/** A server on 127.0.0.1 that stands for GitHub, dl.k8s.io and a registry: what it answers by path, and who asked. */
export class Loopback implements AsyncDisposable {
  readonly files = new Map<string, Answer>();
  readonly requests: string[] = [];
  readonly #server = createServer((request, answer) => {
    const path = request.url ?? '';
    this.requests.push(path);
    const file = this.files.get(path);
    if (typeof file === 'function') file(answer, request);
    else if (file !== undefined) answer.end(file);
    else {
      answer.writeHead(404, { 'content-type': 'application/json' });
      answer.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
    }
  });

  static async start(): Promise<Loopback> {
    const loopback = new Loopback();
    await new Promise<void>((resolve) => {
      loopback.#server.listen(0, '127.0.0.1', resolve);
    });
    return loopback;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get upstream(): Upstream {
    const url = `http://${this.host}`;
    return {
      ...UPSTREAM,
      github: url,
      kubernetes: url,
      dockerHub: this.host,
      githubPackages: this.host,
      digests: {},
      sums: {},
    };
  }

  /** Serves a file of a release under its URL. */
  serve(url: string, answer: Answer): void {
    this.files.set(url.replace(`http://${this.host}`, ''), answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Announces more than it sends, then hangs up: a registry that answers half way. */
export const cutOff = (answer: ServerResponse) => {
  answer.writeHead(200, { 'content-length': '3145728' });
  answer.write(Buffer.alloc(2 ** 20), () => {
    setImmediate(() => answer.destroy());
  });
};

const OCI = 'application/vnd.oci.image';

/**
 * Serves a tiny image under `repository:tag` as a registry does (OCI Distribution Specification), an index with one
 * platform, and returns the index's digest.
 */
export function serveImage(loopback: Loopback, repository: string, tag: string, layer: Buffer): string {
  const blob = (data: Buffer, mediaType: string) => {
    const digest = `sha256:${sha256(data)}`;
    const answer: Answer = (response) => {
      const headers = { 'content-type': mediaType, 'content-length': data.length, 'docker-content-digest': digest };
      response.writeHead(200, headers).end(response.req.method === 'HEAD' ? undefined : data);
    };
    return { digest, answer, descriptor: { mediaType, digest, size: data.length } };
  };
  const json = (value: unknown, mediaType: string) => blob(Buffer.from(JSON.stringify(value)), mediaType);
  const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };

  const layerBlob = blob(layer, `${OCI}.layer.v1.tar`);
  const labels = { repository, tag }; // makes every image another one
  const rootfs = { type: 'layers', diff_ids: [layerBlob.digest] };
  const config = json({ ...platform, config: { Labels: labels }, rootfs }, `${OCI}.config.v1+json`);
  const parts = { config: config.descriptor, layers: [layerBlob.descriptor] };
  const manifest = json(
    { schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, ...parts },
    `${OCI}.manifest.v1+json`,
  );
  const manifests = [{ ...manifest.descriptor, platform }];
  const index = json({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests }, `${OCI}.index.v1+json`);

  const path = `/v2/${repository}`;
  loopback.files.set('/v2/', '{}');
  for (const reference of [tag, index.digest]) loopback.files.set(`${path}/manifests/${reference}`, index.answer);
  loopback.files.set(`${path}/manifests/${manifest.digest}`, manifest.answer);
  loopback.files.set(`${path}/blobs/${config.digest}`, config.answer);
  loopback.files.set(`${path}/blobs/${layerBlob.digest}`, layerBlob.answer);
  return index.digest;
}
