import { cpSync, existsSync, linkSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, fixture } from '../../common/paths.ts';
import { discard } from '../../cluster/ownership/files.ts';
import * as docker from '../../cluster/engine/docker.ts';
import { scratchFolder } from '../../cluster/state/runs.ts';
import { inputsDigest, folderInputs } from '../cache.ts';
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
  inputsDigest(...folderInputs(recipe(part.name)), part.base, ...part.inputs, JSON.stringify(part.arguments ?? {}));

const recipe = (name: string) => fixture('parts', 'images', name);

/** Loads a root file system as an image for others to build upon. */
export async function importRoot(name: string, digest: string, tar: string, signal: AbortSignal): Promise<string> {
  const image = `${IMAGE_HUB}/root-${name}:${digest}`;
  if (!(await docker.hasImage(image))) await docker.importImage(tar, image, { signal });
  return image;
}

/** Builds an image unless the engine has it already; returns its name with the digest as tag. */
export async function builtImage(part: ImagePart, signal: AbortSignal): Promise<string> {
  const name = part.target === undefined ? part.name : `${part.name}-${part.target}`;
  const image = `${IMAGE_HUB}/${name}:${imageTag(part)}`;
  if (await docker.hasImage(image)) return image;
  const context = scratchFolder(`context-${name}`);
  try {
    cpSync(recipe(part.name), context, { recursive: true });
    for (const [to, from] of Object.entries(part.files)) {
      mkdirSync(dirname(join(context, to)), { recursive: true });
      placeFile(from, join(context, to));
    }
    const values = { BASE: part.base, ...part.arguments };
    await docker.buildImage({ name: image, context, arguments: values, target: part.target }, { signal });
  } finally {
    discard(context);
  }
  return image;
}

/** Several images as one archive, shared layers once; `names` are what the node will know them by. */
export async function archiveImages(name: string, names: Record<string, string>, signal: AbortSignal): Promise<string> {
  const archives = join(cacheFolder(), 'archives');
  const archive = join(archives, `${name}-${inputsDigest(JSON.stringify(names))}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(archives, { recursive: true });
  for (const [alias, image] of Object.entries(names)) {
    if (alias !== image) await docker.tagImage(image, alias, { signal });
  }
  const unfinished = join(scratchFolder('archive'), 'images.tar');
  await docker.saveImages(unfinished, Object.keys(names), { signal });
  renameSync(unfinished, archive);
  return archive;
}

/** A hard link where both lie on one file system, a copy elsewhere. */
function placeFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}
