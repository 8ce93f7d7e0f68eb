import { Exec } from '@kubernetes/client-node';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Kube } from '../../cluster/kube/client.ts';
import type { PodRef } from '../../cluster/kube/port-forward.ts';

/** Names of the files in a folder of a container, by the container's own `ls`; its image must have one. */
export async function listFiles(kube: Kube, pod: PodRef & { container: string }, folder: string): Promise<string[]> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const ended = new Promise<string | undefined>((resolve, reject) => {
    new Exec(kube.config)
      .exec(pod.namespace, pod.name, pod.container, ['ls', folder], out, err, null, false, ({ status, message }) =>
        resolve(status === 'Success' ? undefined : (message ?? 'it failed')),
      )
      .catch(reject);
  });
  const printed = text(out);
  const failure = await ended;
  out.end();
  err.end();
  if (failure !== undefined) throw new Error(`ls ${folder} in ${pod.namespace}/${pod.name}: ${failure}`);
  return (await printed).split('\n').filter((name) => name !== '');
}
