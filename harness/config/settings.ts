import type { ExistingCluster } from '../cluster/existing.ts';
import { type Distribution, type GatewayClass, loadDistribution, type PlaneOptions } from '../mesh/distribution.ts';
import type { VendorPlane } from '../mesh/installers/installer.ts';
import type { WayIn } from '../mesh/ways.ts';
import type { PlaneName } from '../observations/planes.ts';
import type { ImageStore } from '../supply/push.ts';
import type { OwnImages, SupplyKind } from '../supply/supply.ts';
import { VERSIONS } from '../supply/versions.ts';

/** What a run is to do, complete. */
export interface Settings {
  profile: string;
  distribution: string;
  cluster: 'k3d' | 'kubeconfig';
  /** Which cluster, if it is one of a kubeconfig, and how its gateway is reached. */
  kubeconfig: ExistingCluster & { wayIn: WayIn };
  supply: SupplyKind | 'auto';
  /** Folder with the parts, put together elsewhere; undefined to get them. */
  bundle: string | undefined;
  istioVersion: string;
  /** Where the cluster pulls the supply's images from; undefined where nodes import them, or pull the official ones. */
  registry: ImageStore | undefined;
  /** What a vendor's build of a plane has of its own, names too. */
  planes: Record<PlaneName, VendorPlane>;
  gatewayClass: Partial<GatewayClass>;
  /** Images of the workloads in the mesh, where they are not the supply's. */
  images: OwnImages;
  /** The version that profile `upgrade` starts from, on its way to `istioVersion`. */
  upgrade: {
    from: string;
    /** Requests that an upgrade may lose. */
    lossBudget: number;
  };
  /** Globs over claim ids; empty for all. */
  only: string[];
  keep: boolean;
  /** Folder for the report; undefined for a new one below reports/. */
  out: string | undefined;
  host: string;
  /** Local ports, 0 to have a free one chosen. */
  ports: { api: number; gateway: number };
  /** Nodes beside the server, and path of a k3s registries.yaml for all of them. */
  k3d: { agents: number; registries: string | undefined };
  deadlines: { scale: number };
}

/** The same with everything optional: what a file or the command line says. */
export type PartialSettings = { [Key in keyof Settings]?: Partial<Settings[Key]> | Settings[Key] };

export const DEFAULTS: Settings = {
  profile: 'trust',
  distribution: 'openshift-4.22',
  cluster: 'k3d',
  kubeconfig: { wayIn: 'auto' },
  supply: 'auto',
  bundle: undefined,
  istioVersion: VERSIONS.istio,
  registry: undefined,
  planes: { mesh: {}, gateway: {} },
  gatewayClass: {},
  images: { bookinfo: {} },
  upgrade: { from: VERSIONS.upgradeFrom, lossBudget: 0 },
  only: [],
  keep: false,
  out: undefined,
  host: 'bookinfo.gwapi.example.com',
  ports: { api: 0, gateway: 0 },
  k3d: { agents: 0, registries: undefined },
  deadlines: { scale: 1 },
};

/** The distribution under the names that the settings give it. Fails, exit code 2, where there is no such one. */
export const distributionOf = (settings: Settings, overlays: PlaneOptions['overlays'] = {}): Distribution =>
  loadDistribution(settings.distribution, { names: settings, overlays });
