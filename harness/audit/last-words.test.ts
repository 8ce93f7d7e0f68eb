import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { connectKube } from '../cluster/kube/client.ts';
import { connectToPod } from '../cluster/kube/port-forward.ts';
import { loopbackMesh } from './testing/mesh.ts';
import { openLoopback } from './testing/open.ts';

it('hears what a pod has said before the port-forward failed, and then the failure', async () => {
  const mesh = await loopbackMesh({ sidecars: 1 });
  await using loopback = await openLoopback({
    ...mesh,
    ports: () => (connection) => {
      connection.write('an alert');
      connection.destroy(new Error('connection reset by peer'));
    },
  });
  const stream = await connectToPod(connectKube(loopback.kubeconfig), { namespace: 'bookinfo', name: 'any' }, 15000);
  const heard: string[] = [];
  stream.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
  await expect(text(stream)).rejects.toThrow('port-forward to any: connection reset by peer');
  expect(heard).toEqual(['an alert']);
});
