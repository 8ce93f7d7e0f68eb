import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { environmentFailure, messageOf } from '../../errors.ts';
import { cached, digestOf } from '../cache.ts';
import { download, type DownloadOptions } from './download.ts';
import type { Asset } from './releases.ts';

interface Manifest {
  kind?: string;
  spec?: { template?: { spec?: { containers?: { image?: string }[] } } };
}

/**
 * Path of a release's manifests in the cache. These come without a checksum: what is not Kubernetes objects through
 * and through (a portal's page, say) is refused.
 */
export async function fetchManifests(name: string, asset: Asset, options: DownloadOptions): Promise<string> {
  const file = basename(new URL(asset.url).pathname);
  const folder = await cached(name, digestOf(asset.url), async (scratch) => {
    const path = join(scratch, file);
    await download(asset, path, options);
    readManifests(path, asset.url);
  });
  return join(folder, file);
}

/** Images of a release's Deployments, each once, in the order of the file. */
export function deploymentImages(path: string): string[] {
  const images = readManifests(path)
    .filter((manifest) => manifest.kind === 'Deployment')
    .flatMap((manifest) => manifest.spec?.template?.spec?.containers ?? [])
    .flatMap((container) => (container.image === undefined ? [] : [container.image]));
  return [...new Set(images)];
}

function readManifests(path: string, url = path): Manifest[] {
  const refused = (why: string) =>
    environmentFailure(`${basename(path)} does not hold Kubernetes objects: ${why}.`, {
      next: 'Something else may have answered in its place, a proxy or a portal: look at it in a browser.',
      command: `GET ${url}`,
    });
  let objects: unknown[];
  try {
    objects = parseAllDocuments(readFileSync(path, 'utf8')).map((document): unknown => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return document.toJS() as unknown;
    });
  } catch (error) {
    throw refused(messageOf(error).split('\n')[0] ?? '');
  }
  // Licence comments before the first `---` make an empty document.
  const manifests = objects.filter((object) => object !== null);
  if (manifests.length === 0) throw refused('it is empty');
  for (const manifest of manifests) {
    if (typeof manifest !== 'object' || typeof (manifest as Manifest).kind !== 'string')
      throw refused('one has no kind');
  }
  return manifests as Manifest[];
}
