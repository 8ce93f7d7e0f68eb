import { imageFailure } from '../../engine/docker-failure.ts';
import type { Failure } from '../../errors.ts';

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
