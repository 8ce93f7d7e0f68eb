import Type, { type Static } from 'typebox';
import { defined } from '../common/defined.ts';
import { usageFailure } from '../common/errors.ts';
import type { Kube } from './kube/client.ts';
import { object, text } from '../common/schema.ts';
import { connect } from './access.ts';

/** Which existing cluster is meant. One of `context` and `server` has to say so. */
export const EXISTING_CLUSTER = object({
  file: Type.Optional(text("Path of the kubeconfig; kubectl's if left out.")),
  context: Type.Optional(text('Context in it.')),
  server: Type.Optional(
    Type.String({
      minLength: 1,
      pattern: '^https?://',
      description: 'Address that the current context is to have.',
    }),
  ),
});
export type ExistingCluster = Static<typeof EXISTING_CLUSTER>;

/**
 * Connects to an existing cluster, never to the current one by accident: its context is named, or the address of its
 * server confirmed. Nothing is sent yet. Fails, exit code 2, where it is neither, or another one.
 */
export function openExisting({ file, context, server }: ExistingCluster): Kube {
  const kube = connect({
    ...defined({ kubeconfig: file, context }),
  });
  if (context === undefined && server === undefined) {
    const known = kube.config.contexts.map(({ name }) => name).join(', ');
    throw usageFailure('A run changes the cluster it is given, so say which one is meant.', {
      next: `Name its context (--context; there are: ${known}), or confirm that the current one, '${kube.context}', is meant: --server ${kube.server}`,
    });
  }
  if (server !== undefined && sameAddress(server) !== sameAddress(kube.server)) {
    throw usageFailure(`The context '${kube.context}' leads to ${kube.server}, not to ${server}.`, {
      next: 'Nothing was changed. Name another context (--context), or confirm that address.',
    });
  }
  return kube;
}

const sameAddress = (address: string): string => (URL.canParse(address) ? new URL(address).href : address);
