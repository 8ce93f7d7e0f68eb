import { environmentFailure } from '../../common/errors.ts';
import { currentContext } from './docker.ts';
import { findProgram } from './install.ts';
import type { Machine } from './machine.ts';

/** Where docker looks for its engine. */
export interface Endpoint {
  /** As docker writes it, `unix:///var/run/docker.sock` for one. */
  host: string;
  chosenBy: 'DOCKER_HOST' | 'DOCKER_CONTEXT' | 'docker context use' | 'default';
  /** Name of the context. */
  context: string;
}

/**
 * Fails unless docker looks for its engine where one of this machine listens: an engine started here would not help a
 * docker that asks elsewhere, nor was it asked for.
 */
export async function assertAsksHere(machine: Machine, words: string, signal: AbortSignal): Promise<void> {
  const endpoint = await dockerEndpoint(machine, signal);
  if (endpoint.host === hostOf(machine)) return;
  const { reason, next } = nobodyAt(endpoint);
  throw environmentFailure(reason, { next, command: 'docker info', evidence: words });
}

/** The engine of this machine, as docker writes it. */
export const hostOf = ({ socket }: Machine) => `unix://${socket}`;

/** In docker's own order: DOCKER_HOST, DOCKER_CONTEXT, the context in use (docs.docker.com, «Docker contexts»). */
async function dockerEndpoint(machine: Machine, signal: AbortSignal): Promise<Endpoint> {
  const { DOCKER_HOST: host = '', DOCKER_CONTEXT: named = '' } = process.env;
  if (host !== '') return { host, chosenBy: 'DOCKER_HOST', context: 'default' };
  if (findProgram('docker') === undefined) {
    return { host: hostOf(machine), chosenBy: 'default', context: 'default' };
  }
  const output = await currentContext({ signal });
  const [, context, address] = /^(\S+) (\S+)$/.exec(output.stdout.trim()) ?? [];
  if (output.exitCode !== 0 || context === undefined || address === undefined) {
    throw environmentFailure(
      `No container engine answers, and docker does not say where it looks for one${named === '' ? '' : ` (DOCKER_CONTEXT=${named})`}.`,
      {
        next: 'Choose a context that exists (docker context ls), or unset DOCKER_CONTEXT and run `docker context use default`.',
        command: 'docker context inspect',
        evidence: output.stderr || output.stdout,
      },
    );
  }
  return { host: address, chosenBy: named === '' ? 'docker context use' : 'DOCKER_CONTEXT', context };
}

function nobodyAt({ host, chosenBy, context }: Endpoint): { reason: string; next: string } {
  if (chosenBy === 'DOCKER_HOST') {
    return {
      reason: `No container engine answers at DOCKER_HOST=${host}.`,
      next: 'Start it, or unset DOCKER_HOST to use the engine of this machine.',
    };
  }
  return {
    reason: `No container engine answers at ${host}, where docker’s context ${context} leads.`,
    next:
      chosenBy === 'DOCKER_CONTEXT'
        ? 'Start it, or unset DOCKER_CONTEXT to use the engine of this machine.'
        : 'Start it, or run `docker context use default` to use the engine of this machine.',
  };
}
