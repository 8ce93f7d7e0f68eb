import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { environmentFailure, messageOf } from '../../common/errors.ts';
import { type FetchOptions, keep } from './kept.ts';
import type { Asset } from './releases.ts';

interface Manifest {
  kind?: string;
  spec?: { template?: { spec?: { containers?: { image?: string }[] } } };
}

/**
 * Path of a release's manifests in the cache. Their projects publish no checksums: what is not Kubernetes objects
 * through and through (a portal's page, say) is refused, pinned or not.
 */
export async function fetchManifests(name: string, asset: Asset, options: FetchOptions): Promise<string> {
  const file = basename(new URL(asset.url).pathname);
  const folder = await keep({ name, asset, file }, options, (path) => {
    parseManifests(readFileSync(path, 'utf8'), asset.url);
  });
  return join(folder, file);
}

/** Images of a release's Deployments, each once, in the order of the text; `url` is where that came from. */
export function deploymentImages(text: string, url: string): string[] {
  const images = parseManifests(text, url)
    .filter((manifest) => manifest.kind === 'Deployment')
    .flatMap((manifest) => manifest.spec?.template?.spec?.containers ?? [])
    .flatMap((container) => (container.image === undefined ? [] : [container.image]));
  return [...new Set(images)];
}

function parseManifests(text: string, url: string): Manifest[] {
  const refused = (why: string) =>
    environmentFailure(`${basename(new URL(url).pathname)} does not hold Kubernetes objects: ${why}.`, {
      next: 'Something else may have answered in its place, a proxy or a portal: look at it in a browser.',
      command: `GET ${url}`,
    });
  let objects: unknown[];
  try {
    objects = parseAllDocuments(text).map((document): unknown => {
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
