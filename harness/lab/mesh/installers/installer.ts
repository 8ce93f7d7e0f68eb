import type { KubernetesObject } from '@kubernetes/client-node';
import Type, { type Static } from 'typebox';
import type { Kube } from '../../../cluster/kube/client.ts';
import type { PlaneName } from '../../../observations/planes.ts';
import type { ApplyOptions, Proprietor } from '../../../cluster/ownership/objects.ts';
import type { Charts, SuppliedIstio } from '../../../supply/supply.ts';
import { label, object, oneOf, text, version } from '../../../common/schema.ts';
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

export const INSTALLER_NAMES = ['istioctl', 'helm', 'sail', 'preinstalled'] as const satisfies Installer['kind'][];
export type InstallerName = (typeof INSTALLER_NAMES)[number];

/** What planes of one version of Istio are made of, whoever installs them. */
export interface IstioParts extends Omit<SuppliedIstio, 'istioctl' | 'charts'> {
  installer: Installer;
}

/** What the settings of a plane, a vendor's build for one, say of their own; everything else is as the supply has it. */
export const VENDOR_PLANE = object({
  namespace: Type.Optional(label('Namespace of its istiod.')),
  revision: Type.Optional(label('Revision of its istiod.')),
  version: Type.Optional(version('Version of Istio as its proxies say it, if another than istioVersion.')),
  hub: Type.Optional(text('Registry prefix of its images pilot and proxyv2.')),
  tag: Type.Optional(text('Tag of its images.')),
  pullSecret: Type.Optional(text('Path of a docker config.json with the credentials that its images are pulled with.')),
  istioctl: Type.Optional(text('Path of the istioctl that renders it.')),
  values: Type.Optional(Type.Object({}, { description: "Helm values on top of the distribution's." })),
  installer: Type.Optional(
    oneOf(
      INSTALLER_NAMES,
      "What installs it: istioctl (the default), helm, the cluster's Sail operator, or nobody, since it is there.",
    ),
  ),
  charts: Type.Optional(text("Folder with Istio's charts base and istiod, for installer helm; else the supply's.")),
  helm: Type.Optional(text("Path of helm; else the supply's, or the one on the PATH.")),
});
export type VendorPlane = Static<typeof VENDOR_PLANE>;

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
