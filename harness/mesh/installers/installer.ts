import type { KubernetesObject } from '@kubernetes/client-node';
import type { Kube } from '../../kube/client.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { ApplyOptions, Proprietor } from '../../ownership/objects.ts';
import type { Charts, SuppliedIstio } from '../../supply/supply.ts';
import type { Plane } from '../distribution.ts';

/** What puts a plane into the cluster, with what it works with: data, which goes from process to process. */
export type Installer = Istioctl | Helm | Sail | Preinstalled;

export interface Istioctl {
  kind: 'istioctl';
  /** Its path. */
  istioctl: string;
}
export interface Helm extends Charts {
  kind: 'helm';
}
/** The Sail operator of the cluster, told to by a resource. */
export interface Sail {
  kind: 'sail';
}
/** Whoever did it before us. */
export interface Preinstalled {
  kind: 'preinstalled';
}

export type InstallerName = Installer['kind'];

/** What planes of one version of Istio are made of, whoever installs them. */
export interface IstioParts extends Omit<SuppliedIstio, 'istioctl' | 'charts'> {
  installer: Installer;
}

/** What the settings of a plane, a vendor's build for one, say of their own; everything else is as the supply has it. */
export interface VendorPlane {
  /** istioctl unless said otherwise. */
  installer?: InstallerName;
  /** Path of the istioctl that renders the plane. */
  istioctl?: string;
  /** Folder with the charts that helm renders. */
  charts?: string;
  /** Path of helm. */
  helm?: string;
  /** Namespace and revision, where they are not as the distribution has them. */
  namespace?: string;
  revision?: string;
  /** Version of Istio; of a vendor's own build for the report, and for the supply whatever else is to come from it. */
  version?: string;
  /** Registry prefix and tag of `pilot` and `proxyv2`. */
  hub?: string;
  tag?: string;
  /** Path of a docker config.json with the credentials that its images are pulled with. */
  pullSecret?: string;
  /** Helm values on top of the distribution's. */
  values?: object;
}

/** A way to install a plane; each says all of itself. */
export interface InstallerKind<Made extends Installer = Installer> {
  readonly name: Made['kind'];
  /** The settings of a plane that it makes something of, beside those that every installer does. */
  readonly uses: readonly (keyof VendorPlane)[];
  /** Are the images ours to name? An operator has its own, and what is there already has them. */
  readonly namesImages: boolean;
  /** Was the plane there before us? Then it is somebody's: used as it is, and left so. */
  readonly isOthers: boolean;
  /** What a cluster must have beforehand. */
  readonly wants: string | undefined;
  /** Whether the supply has to bring what it works with. */
  needsTools(own: VendorPlane): boolean;
  /** Itself with what it works with. Fails, exit code 2, with the key to set where something is lacking. */
  open(plane: PlaneName, own: VendorPlane, supplied: SuppliedIstio | undefined): Made;
  /** Fails as `open` would for want of what only some supplies have: charts of Istio. */
  assertTools(plane: PlaneName, own: VendorPlane, supplyHasCharts: boolean): void;
  /**
   * What is applied for a plane: Istio's objects, the resource that has an operator make them, or nothing. Only the mesh
   * plane brings the cluster's CRDs: two planes rendered this way share no object.
   */
  render(plane: Plane, parts: IstioParts & { installer: Made }, signal?: AbortSignal): Promise<KubernetesObject[]>;
  /** Fails where the cluster would not take what was rendered; changes nothing. */
  assertApplicable(kube: Kube, rendered: readonly KubernetesObject[]): Promise<void>;
  /** Puts in what was rendered. The plane's istiod is then still to be waited for. */
  apply(
    owner: Proprietor,
    parts: IstioParts & { installer: Made },
    rendered: readonly KubernetesObject[],
    options: ApplyOptions,
  ): Promise<void>;
}

/** Settings that go into every plane that a run installs. */
export const OF_EVERY_BUILD = ['version', 'hub', 'tag', 'pullSecret', 'values'] as const;

/** Of an installer whose objects go straight into the cluster: there is nothing to ask, and nobody to wait for. */
export const INTO_ANY_CLUSTER = {
  isOthers: false,
  wants: undefined,
  assertTools: () => undefined,
  assertApplicable: () => Promise.resolve(),
} as const;
