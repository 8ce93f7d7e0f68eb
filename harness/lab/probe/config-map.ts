import { deadline } from '../../common/deadlines.ts';
import { pause } from '../../common/ending.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { CA_FILES } from '../../observations/istio.ts';

export interface Churn {
  namespace: string;
  name: string;
  /** Milliseconds watched, and how often the object was read. */
  watched: number;
  reads: number;
  /** Different resourceVersions seen, in order. */
  versions: string[];
  /** Different contents of the file seen. */
  contents: string[];
}

const SAMPLE = 50;

/** Watches a file of a ConfigMap for a while. A still one shows one version; a fought-over one nearly as many as reads. */
export async function observeChurn(
  kube: Kube,
  namespace: string,
  name: string,
  file: string = CA_FILES.root,
): Promise<Churn> {
  const started = Date.now();
  const versions = new Set<string>();
  const contents = new Set<string>();
  let reads = 0;
  while (Date.now() - started < deadline('churnWindow')) {
    const map = await kube.core.readNamespacedConfigMap({ namespace, name });
    versions.add(map.metadata?.resourceVersion ?? '');
    contents.add(map.data?.[file] ?? '');
    reads += 1;
    await pause(SAMPLE);
  }
  return { namespace, name, watched: Date.now() - started, reads, versions: [...versions], contents: [...contents] };
}
