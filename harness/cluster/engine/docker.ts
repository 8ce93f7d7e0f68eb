import type { ProcessOutput } from 'zx';
import { run, type RunOptions, tryRun } from '../../common/process.ts';

/**
 * The docker command line (docs.docker.com/reference/cli/docker): each of its commands that is used here stands in this
 * file, and nowhere else. It goes wherever the user's docker goes (DOCKER_HOST, contexts, ssh).
 */

type Options = Pick<RunOptions, 'signal' | 'next'>;

/** How docker is called: with another engine or other credentials than the user's. */
export interface DockerClient {
  /** What stands before the command: `--host`, `--config`. */
  words: readonly string[];
  env: Record<string, string>;
}
const USERS: DockerClient = { words: [], env: {} };

/** Words that call docker, for an error to tell. */
export const dockerCommand = (words: readonly string[], client = USERS) => ['docker', ...client.words, ...words];

const docker = async (words: readonly string[], options: Options = {}): Promise<string> =>
  await run(dockerCommand(words), options);

/** The outcome, whatever it is; fails only where the work has ended meanwhile. */
async function tryDocker(words: readonly string[], options: Options = {}, client = USERS): Promise<ProcessOutput> {
  const output = await tryRun(dockerCommand(words, client), { ...options, env: client.env });
  options.signal?.throwIfAborted();
  return output;
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

// The engine.

/** Everything that `docker info` says, or what docker says about there being nobody to ask; nothing where it was ended. */
export const engineInfo = (patience: AbortSignal) =>
  tryRun(dockerCommand(['info', '--format', '{{json .}}']), { signal: patience });

/** Version of the engine. Fails where none answers. */
export const engineVersion = async (options: Options = {}): Promise<string> =>
  (await docker(['version', '--format', '{{.Server.Version}}'], options)).trim();

/** Drivers of its image store, and the platform it is for, such as `linux/x86_64`. */
export const engineStore = (signal: AbortSignal) =>
  docker(['info', '--format', '{{json .DriverStatus}} {{.OSType}}/{{.Architecture}}'], { signal });

/** `NAME HOST` of the context that docker goes by. */
export const currentContext = (options: Options = {}) =>
  tryDocker(['context', 'inspect', '--format', '{{.Name}} {{.Endpoints.docker.Host}}'], options);

// Images.

/** Of what `docker image inspect` says of an image. */
export interface InspectedImage {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
  /** Bytes. */
  Size: number;
}

/** Those of the images that the engine has. */
export async function inspectImages(names: readonly string[], options: Options = {}): Promise<InspectedImage[]> {
  if (names.length === 0) return [];
  // One call for all: it prints what it finds, and that others are missing makes it fail.
  const { stdout } = await tryDocker(['image', 'inspect', '--format', '{{json .}}', ...names], options);
  return lines(stdout)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as InspectedImage);
}

export const hasImage = async (name: string): Promise<boolean> => (await inspectImages([name])).length > 0;

export const tagImage = (image: string, name: string, options: Options = {}) => docker(['tag', image, name], options);

/** Puts a tag back, or takes it away where there was none; that it cannot be is nobody's trouble. */
export const restoreTag = (name: string, image: string | undefined) =>
  tryDocker(image === undefined ? ['image', 'rm', name] : ['tag', image, name]);

/** Takes a root file system for an image. */
export const importImage = (tar: string, name: string, options: Options) => docker(['import', tar, name], options);

export interface Build {
  name: string;
  /** Folder with the recipe and all that goes in. */
  context: string;
  arguments: Record<string, string>;
  /** Stage of the recipe; undefined for the last. */
  target: string | undefined;
}

export const buildImage = ({ name, context, arguments: values, target }: Build, options: Options) =>
  docker(
    [
      ...['build', '--quiet'],
      ...Object.entries(values).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
      ...(target === undefined ? [] : ['--target', target]),
      ...['--tag', name, context],
    ],
    options,
  );

/** Writes images into one docker-archive; of one platform, where the engine has several. */
export const saveImages = (
  archive: string,
  names: readonly string[],
  { platform, ...options }: Options & { platform?: string | undefined },
) =>
  docker(['save', ...(platform === undefined ? [] : ['--platform', platform]), '--output', archive, ...names], options);

export const loadImages = (archive: string, options: Options) =>
  docker(['load', '--quiet', '--input', archive], options);

export const pullWords = (image: string) => ['pull', '--quiet', image];
export const pullImage = (image: string, options: Options) => tryDocker(pullWords(image), options);

export const pushWords = (image: string) => ['push', '--quiet', image];
export const pushImage = (image: string, options: Options, client: DockerClient) =>
  tryDocker(pushWords(image), options, client);

/** What a registry says of an image: its manifest. */
export const inspectManifest = (
  image: string,
  { insecure, ...options }: Options & { insecure: boolean },
  client: DockerClient,
) => tryDocker(['manifest', 'inspect', ...(insecure ? ['--insecure'] : []), image], options, client);

// Containers and what belongs to them.

/** Names of the running containers that have all of these labels. */
export async function runningContainers(labels: readonly string[], options: Options = {}): Promise<string[]> {
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
  return lines(await docker(['ps', '--format', '{{.Names}}', ...filters], options));
}

/** Ids of the containers that run in the engine at this address; an outcome too where it was ended. */
export const containersAt = (host: string, patience: AbortSignal) =>
  tryRun(dockerCommand(['ps', '--quiet'], { words: ['--host', host], env: {} }), { signal: patience });

export const execInContainer = (container: string, command: readonly string[], options: Options) =>
  tryDocker(['exec', container, ...command], options);

/** Memory that a container uses, such as `1.2GiB / 23GiB`. */
export const memoryOf = async (container: string): Promise<string> =>
  (await tryDocker(['stats', '--no-stream', '--format', '{{.MemUsage}}', container])).stdout;

const LISTS = {
  container: ['ps', '--all', '--quiet'],
  volume: ['volume', 'ls', '--quiet'],
  network: ['network', 'ls', '--quiet'],
} as const;
const REMOVALS = {
  container: ['container', 'rm', '--force', '--volumes'],
  volume: ['volume', 'rm', '--force'],
  network: ['network', 'rm'],
} as const;

/** Removes what matches a filter, running or not; tells whether there was anything. Throws what docker says otherwise. */
export async function removeAll(kind: keyof typeof LISTS, filter: string): Promise<boolean> {
  const listed = await tryDocker([...LISTS[kind], '--filter', filter]);
  if (listed.exitCode !== 0) throw new Error(listed.stderr.trim());
  const found = lines(listed.stdout);
  if (found.length === 0) return false;
  const removed = await tryDocker([...REMOVALS[kind], ...found]);
  // Somebody else may be removing the same.
  const isGone = /no such|not found|already in progress/i.test(removed.stderr);
  if (removed.exitCode !== 0 && !isGone) throw new Error(removed.stderr.trim());
  return true;
}
