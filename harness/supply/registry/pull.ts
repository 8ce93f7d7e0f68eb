import pLimit from 'p-limit';
import { dockerCommand, inspectImages, pullImage, pullWords, tagImage } from '../../cluster/engine/docker.ts';
import { imageFailure } from '../../cluster/engine/docker-failure.ts';
import type { Failure } from '../../common/errors.ts';
import { together } from './together.ts';

/** An image the engine has. */
export interface EngineImage {
  /** As it was asked for, registry and tag included. */
  name: string;
  /** What the engine calls its contents; another image under the same name has another. */
  id: string;
  /** Digest in its registry (`sha256:…`), if it came from one. */
  digest?: string;
}

/** Registries answer several at once well; the disk and a slow line do not gain from more. */
const AT_ONCE = 3;

/** Those of the images that the engine has, by name. */
export async function engineImages(names: readonly string[], signal: AbortSignal): Promise<Map<string, EngineImage>> {
  const found = await inspectImages(names, { signal });
  return new Map(
    names.flatMap((name) => {
      const image = found.find(({ RepoTags }) => RepoTags?.some((tag) => familiar(tag) === familiar(name)));
      if (image === undefined) return [];
      const prefix = `${familiar(repository(name))}@`;
      const digest = image.RepoDigests?.map(familiar).find((one) => one.startsWith(prefix));
      const known = digest === undefined ? {} : { digest: digest.slice(prefix.length) };
      return [[name, { name, id: image.Id, ...known }]];
    }),
  );
}

/** Names of images that are not there, or not in the version that `digests` asks for. */
export function missingImages(
  names: readonly string[],
  have: ReadonlyMap<string, EngineImage>,
  digests: Readonly<Record<string, string>>,
): string[] {
  return names.filter((name) => {
    const image = have.get(name);
    return image === undefined || (digests[name] !== undefined && digests[name] !== image.digest);
  });
}

/** Pulls images, a few at a time; the first failure stops the others. Pulled by digest, they get their tag too. */
export async function pullImages(
  names: readonly string[],
  digests: Readonly<Record<string, string>>,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<string>();
  let pulled = 0;
  const limit = pLimit(AT_ONCE);
  const pulls = names.map(
    (name) => (either: AbortSignal) =>
      limit(async () => {
        either.throwIfAborted();
        running.add(name);
        say(`${pulled} of ${names.length} (${[...running].map(shortName).join(', ')})`);
        await pull(name, digests[name], either);
        running.delete(name);
        pulled += 1;
      }),
  );
  await together(signal, pulls);
}

async function pull(name: string, digest: string | undefined, signal: AbortSignal): Promise<void> {
  const exact = digest === undefined ? name : `${repository(name)}@${digest}`;
  const output = await pullImage(exact, { signal });
  if (output.exitCode !== 0) throw pullFailure(dockerCommand(pullWords(exact)), exact, output.stderr || output.stdout);
  if (digest !== undefined) await tagImage(exact, name, { signal });
}

/** A name without its tag; a colon before the last slash is a registry's port. */
const repository = (name: string) => name.replace(/:[^/:]+$/, '');

/** Docker leaves out what it takes for granted, others don't. */
const familiar = (name: string) => name.replace(/^docker\.io\/(library\/)?/, '');

const shortName = (name: string) => name.slice(name.lastIndexOf('/') + 1);

const ADVICE = {
  otherPlatform: 'Use a version that has one, or build everything on this machine (--supply source, on Linux).',
  unknownImage: 'Use versions that have been released.',
  unknownRepository: 'Use versions that have been released.',
  access: 'Sign in (docker login), or sign out if a stale login is the cause (docker logout).',
  certificate: 'If a proxy opens TLS here, make its CA known to the container engine.',
  unreachable:
    'Check the network and the proxy of the container engine, or build everything on this machine (--supply source, on Linux).',
};

/** The failure of one `docker pull`, with the engine's own words as evidence. */
export const pullFailure = (command: readonly string[], image: string, output: string): Failure =>
  imageFailure(`${image} could not be pulled`, { command, output, advice: ADVICE });
