import { defined } from '../../../common/defined.ts';
import { labFailure, messageOf } from '../../../common/errors.ts';
import type { Kube } from '../../../cluster/kube/client.ts';
import { getFromPod } from '../../../cluster/kube/port-forward.ts';
import { livePods } from '../../../cluster/kube/rollout.ts';
import { DISCOVERY, MONITORING_PORT } from '../../../observations/istio.ts';
import type { Plane } from '../distribution.ts';
import type { IstioParts } from './installer.ts';
import { isOthers, namesImages } from './installers.ts';

/**
 * The parts of a plane whose istiod serves, with what only the cluster knows where its images are not of our choice:
 * istiod's image, and of a plane that was there before us the version, by istiod's own word.
 */
export async function asInstalled(kube: Kube, plane: Plane, parts: IstioParts): Promise<IstioParts> {
  if (namesImages(parts)) return parts;
  try {
    const { namespace, deployment: name } = plane;
    const { spec } = await kube.apps.readNamespacedDeployment({ namespace, name });
    const labels = Object.entries(spec?.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    const [pod] = await livePods(kube, namespace, labels.join(','));
    if (pod?.metadata?.name === undefined) throw new Error(`deployment ${namespace}/${name} has no pod`);
    const said = await getFromPod(kube, { namespace, name: pod.metadata.name }, MONITORING_PORT, '/version');
    const version = isOthers(parts) ? versionIn(said) : parts.version;
    const image = spec?.template.spec?.containers.find((container) => container.name === DISCOVERY)?.image;
    return { ...parts, version, components: [{ name: 'istio', version, ...defined({ image }) }] };
  } catch (error) {
    throw labFailure(`What runs in ${plane.namespace} cannot be found out: ${messageOf(error)}`, { cause: error });
  }
}

/** `VERSION-COMMIT-STATUS` (istio.io/istio/pkg/version, String); what a vendor says otherwise stays as it is. */
export const versionIn = (said: string): string => /^v?(\d+\.\d+\.\d+)/.exec(said)?.[1] ?? said.trim();
