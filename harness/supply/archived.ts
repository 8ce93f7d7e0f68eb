import { environmentFailure } from '../common/errors.ts';
import { commandLine, tryRun } from '../common/process.ts';

/** An image in a docker-archive. */
export interface ArchivedImage {
  /** Path of the archive. */
  archive: string;
  /** Name and tag it is saved under. */
  name: string;
  /** Digest of its configuration (`sha256:…`), by which registries know its contents too. */
  config: string;
}

/** The images of a docker-archive, one for each name (its manifest.json, see the docker save of moby/moby). */
export async function archivedImages(archive: string, signal: AbortSignal): Promise<ArchivedImage[]> {
  const command = ['tar', '-xOf', archive, 'manifest.json'];
  const { exitCode, stdout, stderr } = await tryRun(command, { signal });
  signal.throwIfAborted();
  if (exitCode !== 0) {
    throw environmentFailure(`${archive} is not an archive of images.`, {
      next: 'Make it with `docker save`.',
      command: commandLine(command),
      evidence: stderr,
    });
  }
  const entries = JSON.parse(stdout) as { Config: string; RepoTags: string[] | null }[];
  return entries.flatMap(({ Config, RepoTags }) =>
    (RepoTags ?? []).map((name) => ({ archive, name, config: `sha256:${digestIn(Config)}` })),
  );
}

/** `DIGEST.json`, or `blobs/sha256/DIGEST` since Docker 25. */
const digestIn = (path: string) => path.replace(/^.*\/|\.json$/g, '');
