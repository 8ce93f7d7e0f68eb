import { type Dispatcher, request } from 'undici';
import { environmentFailure, Failure } from '../../common/errors.ts';
import { registryOf } from '../registry-login.ts';
import { insist, withDispatcher } from './ask.ts';
import { BadStatus, downloadFailure } from './download-failure.ts';

/** An index where there is one, as docker asks for it: its digest is the one that `docker pull` knows the image by. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * The digest (`sha256:…`) that a registry has under an image's name and tag now (OCI Distribution Specification, end-3),
 * asked for as anybody. It takes no layer and counts as no pull. Fails with an environment failure.
 */
export async function digestInRegistry(image: string, signal: AbortSignal): Promise<string> {
  const { base, repository, tag } = placeOf(image);
  const url = `${base}/v2/${repository}/manifests/${tag}`;
  return await insist(
    signal,
    () => withDispatcher((dispatcher) => ask(url, repository, { dispatcher, signal })),
    (error, tries) =>
      error instanceof Failure
        ? error
        : downloadFailure({ url, name: `${repository}:${tag}`, method: 'HEAD' }, error, { bytes: 0 }, tries),
  );
}

/** Where a registry has an image. */
export function placeOf(image: string): { base: string; repository: string; tag: string } {
  const registry = registryOf(image);
  const path = image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image;
  const [, name = path, tag = 'latest'] = /^(.*):([^/:]+)$/.exec(path) ?? [];
  // As the engine does: what is on this machine may go without TLS.
  const scheme = /^(127\.|localhost\b)/.test(registry) ? 'http' : 'https';
  const isHub = registry === 'docker.io';
  return {
    base: `${scheme}://${isHub ? 'registry-1.docker.io' : registry}`,
    repository: isHub && !name.includes('/') ? `library/${name}` : name,
    tag,
  };
}

interface Way {
  dispatcher: Dispatcher;
  signal: AbortSignal;
}

async function ask(url: string, repository: string, way: Way): Promise<string> {
  let answer = await head(url, {}, way);
  if (answer.statusCode === 401) {
    const token = await tokenFor(answer.headers['www-authenticate'], repository, way);
    answer = await head(url, { authorization: `Bearer ${token}` }, way);
  }
  if (answer.statusCode !== 200) throw new BadStatus(answer.statusCode);
  const digest = String(answer.headers['docker-content-digest']);
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw environmentFailure(`${new URL(url).host} names no digest of ${repository}.`, {
    next: 'Something else may have answered in its place, a proxy or a portal: look at it in a browser.',
    command: `HEAD ${url}`,
  });
}

async function head(url: string, headers: Record<string, string>, way: Way): Promise<Dispatcher.ResponseData> {
  const answer = await request(url, { method: 'HEAD', headers: { accept: MANIFESTS, ...headers }, ...way });
  await answer.body.dump();
  return answer;
}

/** The token that everybody gets (the Distribution project's token authentication): its place is in the challenge. */
async function tokenFor(challenge: string | string[] | undefined, repository: string, way: Way): Promise<string> {
  const bearer = [challenge].flat().find((one) => /^Bearer /i.test(one ?? '')) ?? '';
  const fields = Array.from(bearer.matchAll(/(\w+)="([^"]*)"/g), ([, key = '', value = '']) => [key, value] as const);
  const { realm, service, scope = `repository:${repository}:pull` } = Object.fromEntries(fields);
  if (realm === undefined) throw new BadStatus(401);
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  const { statusCode, body } = await request(url, way);
  if (statusCode !== 200) {
    await body.dump();
    throw new BadStatus(statusCode);
  }
  // A page of a portal is no token either, and gets the same refusal.
  const given = (await body.json().catch(() => ({}))) as { token?: string; access_token?: string };
  return given.token ?? given.access_token ?? '';
}
