import type { KubernetesObject } from '@kubernetes/client-node';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifests } from '../../kube/manifests.ts';
import { run } from '../../process.ts';
import type { Charts, IstioParts } from '../../supply/supply.ts';
import { merge, type Plane } from '../distribution.ts';
import { planeValues } from './values.ts';

/** Where the charts lie in their folder: in Istio's source, in its releases, and as `helm pull` unpacks them. */
const PLACES = {
  base: ['base'],
  istiod: ['istio-control/istio-discovery', 'istio-discovery', 'istiod'],
} as const;
type Chart = keyof typeof PLACES;

/** Path of a chart in a folder of charts; undefined where it is in none of its places. */
export const chartIn = (folder: string, chart: Chart): string | undefined =>
  PLACES[chart].map((place) => join(folder, place)).find((path) => existsSync(join(path, 'Chart.yaml')));

/** The charts that a folder has not, each with the places it was looked for. */
export const missingCharts = (folder: string): string[] =>
  (Object.keys(PLACES) as Chart[])
    .filter((chart) => chartIn(folder, chart) === undefined)
    .map((chart) => `${chart} (${PLACES[chart].join(', ')})`);

/** Manifests of a plane as `helm template` renders Istio's charts: the same objects as istioctl makes of them. */
export async function renderWithHelm(
  plane: Plane,
  { hub, tag }: IstioParts,
  { helm, folder }: Charts,
  signal?: AbortSignal,
): Promise<KubernetesObject[]> {
  const values = merge(planeValues(plane), {
    revision: plane.revision,
    // istioctl leaves it empty, too: with a name the base chart brings a second validating webhook.
    defaultRevision: '',
    global: { hub, tag },
  });
  const render = (chart: Chart) =>
    // One release for both charts, as with istioctl: its name is in the labels.
    run([helm, 'template', 'istio', chartIn(folder, chart) ?? '', '--namespace', plane.namespace, '--values', '-'], {
      input: JSON.stringify(values), // which is YAML, and leaves no doubt about OFF
      signal,
    });
  const charts: Chart[] = plane.name === 'mesh' ? ['base', 'istiod'] : ['istiod'];
  return (await Promise.all(charts.map(render))).flatMap(parseManifests);
}
