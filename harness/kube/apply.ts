import { type KubernetesObject, PatchStrategy } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { Deadline } from '../deadlines.ts';
import { labFailure } from '../errors.ts';
import { eventually, Fatal, WaitFailure } from '../retry.ts';
import { apiMessage, apiStatus, found, type Kube } from './client.ts';

/** Who we are to the API server where fields have owners. */
export const FIELD_MANAGER = 'meshtrust';
/** Every object we make carries the id of its run. */
export const RUN_LABEL = 'meshtrust.dev/run';

export interface ApplyOptions {
  runId: string;
  signal?: AbortSignal;
  within?: Deadline;
}

/** The objects of a multi-document YAML text; empty documents are left out. */
export function parseManifests(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object): object is KubernetesObject => object?.kind !== undefined);
}

/** Kinds by the batch they are applied in; all others come last. Pods pull with Secrets, and do not wait for them. */
const FIRST = [['Namespace', 'CustomResourceDefinition'], ['Secret']];

/**
 * Server-side apply, namespaces and CRDs first, then Secrets, then the rest. Waits for what only time can bring: a CRD
 * that is not served yet, an admission webhook that does not answer yet.
 */
export async function apply(kube: Kube, objects: readonly KubernetesObject[], options: ApplyOptions): Promise<void> {
  const batches = FIRST.map((kinds) => objects.filter((object) => kinds.includes(object.kind ?? '')));
  const rest = objects.filter((object) => !FIRST.flat().includes(object.kind ?? ''));
  for (const batch of [...batches, rest]) {
    await Promise.all(batch.map((object) => applyOne(kube, object, options)));
  }
}

async function applyOne(kube: Kube, object: KubernetesObject, options: ApplyOptions): Promise<void> {
  const labelled = {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata?.labels, [RUN_LABEL]: options.runId } },
  };
  const name = nameOf(object);
  try {
    await eventually(
      async () => {
        try {
          await kube.objects.send(labelled, PatchStrategy.ServerSideApply, {
            fieldManager: FIELD_MANAGER,
            force: 'true',
          });
        } catch (error) {
          const message = apiMessage(error);
          if (isTransient(error)) throw new Error(message, { cause: error });
          throw new Fatal(labFailure(`${name} was refused: ${message}`, { cause: error }));
        }
      },
      {
        waitingFor: `${name} to be accepted`,
        within: options.within ?? 'planeReady',
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    );
  } catch (error) {
    if (error instanceof WaitFailure) throw labFailure(error.message, { cause: error });
    throw error;
  }
}

/** 404: the kind is not served yet. 5xx: a webhook or the API server itself is not up yet. No status: no connection. */
function isTransient(error: unknown): boolean {
  const status = apiStatus(error);
  if (error instanceof Error && error.message.includes('Unrecognized API version and kind')) return true;
  return status === undefined || status === 404 || status === 409 || status === 429 || status >= 500;
}

/** Deletes objects by kind and name; what is not there is no error. Returns when the API has accepted it. */
export async function remove(kube: Kube, objects: readonly KubernetesObject[]): Promise<void> {
  await Promise.all(objects.map((object) => found(kube.objects.delete(object))));
}

export const nameOf = (object: KubernetesObject) =>
  `${object.kind ?? '?'} ${object.metadata?.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata?.name ?? '?'}`;
