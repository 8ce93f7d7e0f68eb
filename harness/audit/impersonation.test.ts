import { expect, it } from 'vitest';
import { connectKube } from '../cluster/kube/client.ts';
import { getFromPod } from '../cluster/kube/port-forward.ts';
import { loopbackMesh } from './testing/mesh.ts';
import { openLoopback } from './testing/open.ts';

it('asks everything in the name of somebody else, each group in a header of its own', async () => {
  await using loopback = await openLoopback(await loopbackMesh({ sidecars: 1 }));
  const as = { user: 'system:serviceaccount:audit:observer', groups: ['viewers', 'auditors, with a comma'] };
  const kube = connectKube(loopback.kubeconfig, { as });
  const { items } = await kube.core.listNamespacedPod({ namespace: 'bookinfo' });
  const name = items[0]?.metadata?.name ?? '';
  await getFromPod(kube, { namespace: 'bookinfo', name }, 15000, '/');
  const [list, forward] = [loopback.asked.at(0), loopback.asked.at(-1)];
  expect([list?.resource, forward?.resource]).toEqual(['pods', 'pods/portforward']);
  for (const request of [list, forward]) expect(request).toMatchObject({ user: as.user, groups: as.groups });
});

it('asks as oneself otherwise', async () => {
  await using loopback = await openLoopback(await loopbackMesh({ sidecars: 0 }));
  await connectKube(loopback.kubeconfig).core.listPodForAllNamespaces();
  expect(loopback.asked).toMatchObject([{ user: '', groups: [] }]);
});
