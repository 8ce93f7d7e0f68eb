import type { V1ConfigMap } from '@kubernetes/client-node';
import pLimit from 'p-limit';
import { apiMessage, found } from '../cluster/kube/failure.ts';
import { CA_FILES } from '../observations/istio.ts';
import { readRoots } from '../observations/certificate.ts';
import type { ObservedBundle } from '../verdict/trust/graph/observation.ts';
import type { Audit } from './context.ts';
import type { PlaneDeployment } from './planes.ts';
import type { ProxyPod } from './proxy-pods.ts';

interface BundleRef {
  namespace: string;
  name: string;
  /** Some proxy mounts it, so that its absence is a fault. */
  mounted: boolean;
}

/** The root ConfigMaps of all planes in every namespace that has proxies, and whatever else proxies mount for one. */
export async function readBundles(
  audit: Audit,
  planes: readonly PlaneDeployment[],
  proxies: readonly ProxyPod[],
): Promise<ObservedBundle[]> {
  const refs = bundleRefs(planes, proxies);
  const bundles = await pLimit(audit.options.concurrency).map(refs, (ref) => readBundle(audit, ref));
  return bundles.filter((bundle) => bundle !== undefined);
}

function bundleRefs(planes: readonly PlaneDeployment[], proxies: readonly ProxyPod[]): BundleRef[] {
  return [...Map.groupBy(proxies, ({ namespace }) => namespace)].flatMap(([namespace, here]) => {
    const mounted = new Set(here.map(({ rootMap }) => rootMap).filter((name) => name !== undefined));
    const names = new Set([...mounted, ...planes.map(({ rootMapName }) => rootMapName)]);
    return [...names].map((name) => ({ namespace, name, mounted: mounted.has(name) }));
  });
}

async function readBundle(audit: Audit, { namespace, name, mounted }: BundleRef): Promise<ObservedBundle | undefined> {
  const id = `${namespace}/${name}`;
  const unreadable = (problem: string) => ({ id, certificates: [], problem, isEmpty: false });
  const empty = (problem: string) => ({ id, certificates: [], problem, isEmpty: true });
  if (!audit.rights.may('configMaps', namespace)) {
    audit.lacks('configMaps');
    return mounted ? unreadable('you may not read it') : undefined;
  }
  let map: V1ConfigMap | undefined;
  try {
    map = await found(audit.kube.core.readNamespacedConfigMap({ namespace, name }));
  } catch (error) {
    return unreadable(apiMessage(error));
  }
  if (map === undefined) return mounted ? empty('it is not there') : undefined;
  const text = map.data?.[CA_FILES.root] ?? '';
  // Agents are written in Go.
  const { certificates, passedOver } = readRoots(text, 'Go');
  const said = passedOver.map((one) => `${CA_FILES.root}: ${one}`).join('; ');
  if (certificates.length === 0) {
    return empty(said === '' ? `its ${CA_FILES.root} is ${text.trim() === '' ? 'empty' : 'no certificate'}` : said);
  }
  return { id, certificates: [...certificates], problem: said === '' ? undefined : said, isEmpty: false };
}
