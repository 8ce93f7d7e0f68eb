import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { type Failure, usageFailure } from '../common/errors.ts';
import { discard } from '../cluster/ownership/files.ts';
import {
  currentContext,
  type DockerClient,
  dockerCommand,
  inspectManifest,
  loadImages,
  pushImage,
  pushWords,
  restoreTag,
  tagImage,
} from '../cluster/engine/docker.ts';
import { object, text } from '../common/schema.ts';
import { scratchFolder } from '../cluster/state/runs.ts';
import { imageFailure } from '../cluster/engine/docker-failure.ts';
import { type ArchivedImage, archivedImages } from './archived.ts';
import { engineImages } from './registry/pull.ts';
import { configOf, readLogin, registryOf } from './registry-login.ts';

/** A place in a registry for images. */
export const IMAGE_STORE = object(
  {
    push: text("Prefix by which this machine's engine reaches it, such as 127.0.0.1:5000/vendor."),
    pull: text("Prefix by which the cluster's nodes reach it, such as registry.example.com/vendor."),
    config: Type.Optional(
      text('Path of a docker config.json with the credentials for both; those of docker login if left out.'),
    ),
  },
  { description: "Where the supply's images are pushed to, for a cluster that is to pull them." },
);
export type ImageStore = Static<typeof IMAGE_STORE>;

/**
 * Pushes the images of docker-archives under a prefix, each with the last part of its name and its tag
 * (`meshtrust.invalid/pilot:1` → `PUSH/pilot:1`), and returns what nodes pull them by: name in the archive → name under
 * `pull`. What the registry has already is left alone; the engine is left with the tags it had.
 */
export async function pushArchives(
  archives: readonly string[],
  store: ImageStore,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const listed = await Promise.all(archives.map((archive) => archivedImages(archive, signal)));
  // An archive has its images in any order.
  const images = listed.flat().sort((a, b) => a.name.localeCompare(b.name));
  assertApart(images, store);
  using client = await openClient(store, signal);
  const there = await Promise.all(images.map((image) => isThere(image, store, client, signal)));
  const missing = images.filter((_, index) => there[index] !== true);
  let pushed = 0;
  for (const archive of new Set(missing.map((image) => image.archive))) {
    const wanted = missing.filter((image) => image.archive === archive);
    const places = wanted.map((image) => placeOf(image, store.push));
    await keepingTags([...wanted.map(({ name }) => name), ...places], signal, async () => {
      await load(archive, wanted, signal);
      for (const image of wanted) {
        say(`${pushed} of ${missing.length} (${lastPart(image.name)})`);
        await push(image, store, client, signal);
        pushed += 1;
      }
    });
  }
  return new Map(images.map((image) => [image.name, placeOf(image, store.pull)]));
}

const lastPart = (name: string) => name.slice(name.lastIndexOf('/') + 1);

const placeOf = ({ name }: ArchivedImage, prefix: string) => `${prefix.replace(/\/+$/, '')}/${lastPart(name)}`;

/** Two images that would share a place: one would replace the other, and nobody would notice. */
function assertApart(images: readonly ArchivedImage[], { push }: ImageStore): void {
  for (const image of images) {
    const other = images.find((one) => placeOf(one, push) === placeOf(image, push) && one.config !== image.config);
    if (other === undefined) continue;
    throw usageFailure(`${image.name} and ${other.name} would both become ${placeOf(image, push)}.`, {
      next: 'Give them names or tags that differ in their last part.',
    });
  }
}

/** Docker with the credentials of a store. */
type Client = DockerClient & Disposable;

/**
 * The credentials lie in a folder of our own, for as long as they are needed: command lines are for all to see. The
 * user's folder also says which engine is meant, so that goes along.
 */
async function openClient({ push, config }: ImageStore, signal: AbortSignal): Promise<Client> {
  if (config === undefined) return { words: [], env: {}, [Symbol.dispose]: () => undefined };
  const login = readLogin(config, push);
  const [, host = ''] = (await currentContext({ signal })).stdout.trim().split(' ');
  const folder = scratchFolder('login');
  writeFileSync(join(folder, 'config.json'), configOf(login), { mode: 0o600 });
  return {
    words: ['--config', folder],
    env: host === '' ? {} : { DOCKER_HOST: host },
    [Symbol.dispose]: () => {
      discard(folder);
    },
  };
}

/** Does the registry have this very image? One that does not answer will say why when it is pushed to. */
async function isThere(image: ArchivedImage, store: ImageStore, client: Client, signal: AbortSignal) {
  // As the engine does: what is on this machine may go without TLS.
  const insecure = /^(127\.|localhost\b)/.test(registryOf(store.push));
  const output = await inspectManifest(placeOf(image, store.push), { signal, insecure }, client);
  if (output.exitCode !== 0) return false;
  const manifest = JSON.parse(output.stdout) as { config?: { digest?: string } };
  return manifest.config?.digest === image.config;
}

/** Has the engine hold these images of an archive, under their names. */
async function load(archive: string, wanted: readonly ArchivedImage[], signal: AbortSignal): Promise<void> {
  const names = wanted.map(({ name }) => name);
  const have = await engineImages(names, signal);
  if (wanted.every(({ name, config }) => have.get(name)?.id === config)) return;
  await loadImages(archive, { signal });
}

async function push(image: ArchivedImage, store: ImageStore, client: Client, signal: AbortSignal): Promise<void> {
  const place = placeOf(image, store.push);
  await tagImage(image.name, place, { signal });
  const output = await pushImage(place, { signal }, client);
  if (output.exitCode === 0) return;
  throw pushFailure(dockerCommand(pushWords(place), client), place, output.stderr || output.stdout, store.config);
}

/** Puts the engine's tags back to where they were before the work, whatever became of it. */
async function keepingTags(names: readonly string[], signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const before = await engineImages(names, signal);
  try {
    await work();
  } finally {
    // Not with the signal: an interrupt must not leave them either.
    const after = await engineImages(names, new AbortController().signal);
    for (const [name, { id }] of after) {
      const was = before.get(name)?.id;
      if (was !== id) await restoreTag(name, was);
    }
  }
}

/**
 * The failure of one `docker push`, with the engine's own words as evidence; `config` is the file that the credentials
 * came from.
 */
export function pushFailure(
  command: readonly string[],
  image: string,
  output: string,
  config: string | undefined,
): Failure {
  const credentials = config === undefined ? 'the credentials of `docker login`' : `the credentials in ${config}`;
  const advice = {
    access: `See that ${credentials} belong to a user who may push there.`,
    unknownRepository: 'Create it first, or name another prefix.',
    unknownImage: 'Create its repository first, or name another prefix.',
    registryTrouble: "Try again later, or read the registry's log; a full disk is the usual cause.",
    unreachable: 'See that it runs, and that the container engine reaches it under this name.',
  };
  return imageFailure(`${image} could not be pushed`, { command, output, advice });
}
