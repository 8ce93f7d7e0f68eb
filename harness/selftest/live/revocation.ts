import type { KubernetesObject } from '@kubernetes/client-node';
import { change } from '../../cluster/ownership/objects.ts';
import { found } from '../../cluster/kube/failure.ts';
import { cacertsReference } from '../../lab/remedies/manual.ts';
import { CRL_FILE } from '../../observations/istio.ts';
import { keepWriting } from './keep-writing.ts';
import { type LiveSabotage, revocation } from './scene.ts';
import { acceptAnyClient } from './unauthorized-clients.ts';

/** What keeps revocation lists from being read, or from mattering. */
export const REVOCATIONS: readonly LiveSabotage[] = [
  {
    name: 'lists-ignored',
    breaks: 'productpage takes a client certificate whatever its lists say',
    ...revocation('incomplete', 'gateway-revoked', 'taken-away'),
    commit: acceptAnyClient,
  },
  {
    name: 'lists-taken-out',
    breaks: 'somebody keeps taking the lists out of the mesh plane’s cacerts',
    ...revocation(
      ...['fight', 'one-writer', 'incomplete', 'complete', 'gateway-revoked', 'mesh-revoked', 'taken-away'],
    ),
    commit: (scene) => {
      const { lab } = scene;
      const reference = cacertsReference(lab.distribution.planes.mesh);
      keepWriting(scene, async () => {
        const there = await found(lab.kube.core.readNamespacedSecret(reference.metadata));
        if (there?.data?.[CRL_FILE] === undefined) return;
        await change(lab, { ...reference, data: { [CRL_FILE]: null } } as KubernetesObject);
      });
      return Promise.resolve();
    },
  },
];
