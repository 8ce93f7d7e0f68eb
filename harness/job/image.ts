import { SUPPLIES } from '../supply/open.ts';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { discard } from '../cluster/ownership/files.ts';
import { saveImages } from '../cluster/engine/docker.ts';
import { scratchFolder } from '../cluster/state/runs.ts';
import { inputsDigest, folderInputs } from '../supply/cache.ts';
import { type ImageStore, pushArchives } from '../supply/push.ts';
import { engineImages, missingImages, pullImages } from '../supply/registry/pull.ts';
import { officialNodeImage, UPSTREAM } from '../supply/registry/releases.ts';
import { builtImage, importRoot } from '../supply/source/images.ts';
import { buildRoot, rootDigest } from '../supply/source/rootfs.ts';
import type { SupplyKind } from '../supply/supply.ts';
import { copyPackage } from './package.ts';

export interface JobImage {
  /** Where the parts in it come from: its base comes from there too. */
  kind: SupplyKind;
  /** Folder with the bundle of parts. */
  parts: string;
}

/**
 * Builds the image of a Job (fixtures/parts/images/job) from this package, this Node and a bundle of parts, for nodes
 * like this machine, and pushes it. Returns what nodes pull it by.
 */
export async function publishJobImage(
  { kind, parts }: JobImage,
  store: ImageStore,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const scratch = scratchFolder('job');
  try {
    const [meshtrust, programs] = [join(scratch, 'meshtrust'), join(scratch, 'programs')];
    say('packing');
    copyPackage(meshtrust);
    mkdirSync(programs);
    cpSync(process.execPath, join(programs, 'node'));
    const base = await baseImage(kind, say, signal);
    say('building');
    const inputs = [process.version, inputsDigest(...folderInputs(meshtrust)), inputsDigest(...folderInputs(parts))];
    const image = await builtImage({ name: 'job', base, files: { programs, meshtrust, parts }, inputs }, signal);
    say('pushing');
    const archive = join(scratch, 'job.tar');
    await saveImages(archive, [image], { signal });
    const names = await pushArchives([archive], store, say, signal);
    return names.get(image) ?? image;
  } finally {
    discard(scratch);
  }
}

/** Debian with the C++ library that Node needs: this project's own root, or beneath the official Node. */
async function baseImage(kind: SupplyKind, say: (text: string) => void, signal: AbortSignal): Promise<string> {
  if (SUPPLIES[kind].buildsHere) {
    return await importRoot('base', rootDigest('base'), await buildRoot('base', signal), signal);
  }
  const image = officialNodeImage(UPSTREAM);
  const missing = missingImages([image], await engineImages([image], signal), UPSTREAM.digests);
  await pullImages(missing, UPSTREAM.digests, say, signal);
  return image;
}
