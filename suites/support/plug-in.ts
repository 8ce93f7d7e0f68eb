import type { LabContext } from '../../harness/run/claims/claim.ts';
import { CA_FILES, DISCOVERY } from '../../harness/observations/istio.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { remove } from '../../harness/cluster/ownership/objects.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { listFiles } from '../../harness/lab/probe/files.ts';
import { listIstiods } from '../../harness/lab/probe/istiod.ts';
import { cacerts, cacertsReference, plugIn } from '../../harness/lab/remedies/manual.ts';
import { eventually } from '../../harness/common/retry.ts';
import { type Authority, createIntermediate, createRoot } from '../../harness/verdict/trust/issue.ts';
import { nudgeKubelet } from './nudge-kubelet.ts';

/** A CA for each plane under one root, as a remedy has them; small keys, which cost no time. */
export async function sharedHierarchy({ keepSecret }: LabContext): Promise<Record<'root' | PlaneName, Authority>> {
  const root = await createRoot({ commonName: 'Shared Root CA' });
  const [mesh, gateway] = await Promise.all([
    createIntermediate(root, { commonName: 'Mesh Intermediate CA' }),
    createIntermediate(root, { commonName: 'Gateway Intermediate CA' }),
  ]);
  for (const { privateKey } of [root, mesh, gateway]) keepSecret(privateKey.pem());
  return { root, mesh, gateway };
}

/** Gives a plane a CA of its own; what runs does not see it. */
export const plugInCa = (lab: Lab, plane: PlaneName, authority: Authority) =>
  plugIn(lab, [cacerts(lab.distribution.planes[plane], authority)]);

export const unplug = (lab: Lab, plane: PlaneName) => remove(lab, [cacertsReference(lab.distribution.planes[plane])]);

/** Waits until the running istiod has the files of its plane's `cacerts` before it. */
export async function reachesIstiod(lab: Lab, plane: PlaneName): Promise<void> {
  const [istiod] = await listIstiods(lab, plane);
  if (istiod === undefined) throw new Error(`the ${plane} plane has no istiod`);
  const { namespace, name } = istiod;
  await nudgeKubelet(lab, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } });
  await eventually(
    async () => {
      const files = await listFiles(lab.kube, { ...istiod, container: DISCOVERY }, '/etc/cacerts');
      if (!files.includes(CA_FILES.key)) throw new Error(`it sees ${files.join(', ') || 'no file'}`);
    },
    { waitingFor: `cacerts to reach ${namespace}/${name}`, within: 'converge' },
  );
}
