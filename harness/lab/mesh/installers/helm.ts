import type { KubernetesObject } from '@kubernetes/client-node';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findProgram } from '../../../cluster/engine/install.ts';
import { usageFailure } from '../../../common/errors.ts';
import { parseManifests } from '../../../cluster/kube/manifests.ts';
import { run } from '../../../common/process.ts';
import type { PlaneName } from '../../../observations/planes.ts';
import { apply } from '../../../cluster/ownership/objects.ts';
import type { Charts, SuppliedIstio } from '../../../supply/supply.ts';
import { merge, type Plane } from '../distribution.ts';
import {
  type Helm,
  type InstallerKind,
  INTO_ANY_CLUSTER,
  type IstioParts,
  OF_EVERY_BUILD,
  type VendorPlane,
} from './installer.ts';
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

/** Helm, with Istio's charts. */
export const helm: InstallerKind<Helm> = {
  ...INTO_ANY_CLUSTER,
  name: 'helm',
  uses: ['charts', 'helm', ...OF_EVERY_BUILD],
  namesImages: true,
  needsTools: (own) => own.charts === undefined,
  open: (plane, own, supplied) => ({
    kind: 'helm',
    folder: chartsOf(plane, own, supplied),
    helm: helmOf(plane, own, supplied),
  }),
  assertTools: (plane, own, supplyHasCharts) => {
    if (own.charts !== undefined || !supplyHasCharts) chartsOf(plane, own, undefined);
    if (!supplyHasCharts) helmOf(plane, own, undefined);
  },
  render: (plane, parts, signal) => renderWithHelm(plane, parts, parts.installer, signal),
  apply: (owner, _, rendered, options) => apply(owner, rendered, options),
};

/** Manifests of a plane as `helm template` renders Istio's charts: the same objects as istioctl makes of them. */
export async function renderWithHelm(
  plane: Plane,
  { hub, tag }: IstioParts,
  { helm: program, folder }: Charts,
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
    run([program, 'template', 'istio', chartIn(folder, chart) ?? '', '--namespace', plane.namespace, '--values', '-'], {
      input: JSON.stringify(values), // which is YAML, and leaves no doubt about OFF
      signal,
    });
  const charts: Chart[] = plane.name === 'mesh' ? ['base', 'istiod'] : ['istiod'];
  return (await Promise.all(charts.map(render))).flatMap(parseManifests);
}

function chartsOf(plane: PlaneName, { charts }: VendorPlane, supplied: SuppliedIstio | undefined): string {
  if (charts === undefined) {
    if (supplied?.charts !== undefined) return supplied.charts.folder;
    throw usageFailure(`The ${plane} plane is to be installed by helm, and this supply has no charts of Istio.`, {
      next: `Set planes.${plane}.charts to a folder with Istio's charts base and istiod.`,
    });
  }
  const missing = missingCharts(charts);
  // A plane is rendered again by other processes, in folders of their own.
  if (missing.length === 0) return resolve(charts);
  throw usageFailure(`${charts} does not hold the chart ${missing.join(', nor ')}.`, {
    next: `Set planes.${plane}.charts to a folder with Istio's charts base and istiod.`,
  });
}

function helmOf(plane: PlaneName, own: VendorPlane, supplied: SuppliedIstio | undefined): string {
  const program = own.helm ?? supplied?.charts?.helm ?? findProgram('helm');
  if (program !== undefined) return own.helm === undefined ? program : resolve(own.helm);
  throw usageFailure(`The ${plane} plane is to be installed by helm, and there is none.`, {
    next: `Install helm, or set planes.${plane}.helm to its path.`,
  });
}
