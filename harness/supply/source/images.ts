import { cpSync, existsSync, linkSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, fixture } from '../../paths.ts';
import { discard } from '../../ownership/discard.ts';
import { run, tryRun } from '../../process.ts';
import { scratchFolder } from '../../state/runs.ts';
import { digestOf, folderInputs } from '../cache.ts';
import { IMAGE_HUB } from '../hub.ts';

/** An image of the lab: the recipe in fixtures/parts/images/NAME and the files that go in. */
export interface ImagePart {
  name: string;
  base: string;
  /** Path inside the build context → file or folder on this machine. */
  files: Record<string, string>;
  /** Digests of where the files come from; together with the recipe they make the tag. */
  inputs: string[];
  arguments?: Record<string, string>;
  /** Build stage, for a recipe that makes several images. */
  target?: string;
}

/** Tag of an image: a digest of everything that decides its contents. */
const imageTag = (part: ImagePart) =>
  digestOf(...folderInputs(recipe(part.name)), part.base, ...part.inputs, JSON.stringify(part.arguments ?? {}));

const recipe = (name: string) => fixture('parts', 'images', name);

/** Loads a root file system as an image for others to build upon. */
export async function importRoot(name: string, digest: string, tar: string, signal: AbortSignal): Promise<string> {
  const image = `${IMAGE_HUB}/root-${name}:${digest}`;
  if (!(await hasImage(image))) await run(['docker', 'import', tar, image], { signal });
  return image;
}

/** Builds an image unless the engine has it already; returns its name with the digest as tag. */
export async function buildImage(part: ImagePart, signal: AbortSignal): Promise<string> {
  const name = part.target === undefined ? part.name : `${part.name}-${part.target}`;
  const image = `${IMAGE_HUB}/${name}:${imageTag(part)}`;
  if (await hasImage(image)) return image;
  const context = scratchFolder(`context-${name}`);
  try {
    cpSync(recipe(part.name), context, { recursive: true });
    for (const [to, from] of Object.entries(part.files)) {
      mkdirSync(dirname(join(context, to)), { recursive: true });
      placeFile(from, join(context, to));
    }
    const values = Object.entries({ BASE: part.base, ...part.arguments });
    const words = values.flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    if (part.target !== undefined) words.push('--target', part.target);
    await run(['docker', 'build', '--quiet', ...words, '--tag', image, context], { signal });
  } finally {
    discard(context);
  }
  return image;
}

/** Several images as one archive, shared layers once; `names` are what the node will know them by. */
export async function saveImages(name: string, names: Record<string, string>, signal: AbortSignal): Promise<string> {
  const archives = join(cacheFolder(), 'archives');
  const archive = join(archives, `${name}-${digestOf(JSON.stringify(names))}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(archives, { recursive: true });
  for (const [alias, image] of Object.entries(names)) {
    if (alias !== image) await run(['docker', 'tag', image, alias], { signal });
  }
  const unfinished = join(scratchFolder('archive'), 'images.tar');
  await run(['docker', 'save', '--output', unfinished, ...Object.keys(names)], { signal });
  renameSync(unfinished, archive);
  return archive;
}

async function hasImage(image: string): Promise<boolean> {
  return (await tryRun(['docker', 'image', 'inspect', '--format', '{{.Id}}', image])).exitCode === 0;
}

/** A hard link where both lie on one file system, a copy elsewhere. */
function placeFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}
