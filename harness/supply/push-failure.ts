import { imageFailure } from '../engine/docker-failure.ts';
import type { Failure } from '../errors.ts';

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
