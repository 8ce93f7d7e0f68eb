import Type, { type Static, type TOptional, type TString } from 'typebox';
import { object, text } from '../common/schema.ts';

/** Where one part of a lab came from, for the report. */
export interface Component {
  name: string;
  version: string;
  image?: string;
  digest?: string;
}

export interface Tools {
  k3d: string;
  kubectl: string;
}

/** Istio's Helm charts and what renders them. */
export interface Charts {
  /** Path of helm. */
  helm: string;
  /** Folder with the charts of base and istiod. */
  folder: string;
}

/** What a supply has of one version of Istio. */
export interface SuppliedIstio {
  version: string;
  /** Path of that version's istioctl. */
  istioctl: string;
  /** That version's charts, where a supply has them. */
  charts?: Charts;
  /** Registry prefix and tag under which `pilot` and `proxyv2` are found; empty where the installer knows its own. */
  hub: string;
  tag: string;
  /** Docker-archive tars with these images. */
  archives: string[];
  /** Helm values that only these images need, merged into a plane's. */
  overlay: object;
  components: Component[];
}

/** Images and files a lab is made of, but for its planes. Archives are docker-archive tars that the node imports. */
export interface CoreParts {
  tools: Tools;
  nodeImage: string;
  /** Image of k3d's own helper container; undefined for k3d's default. */
  k3dToolsImage?: string;
  archives: string[];
  /** Image by Bookinfo workload. */
  bookinfo: Record<BookinfoWorkload, string>;
  /** An image with `node` on its PATH, for the probes. */
  probeImage: string;
  gatewayApiCrds: string[];
  components: Component[];
}

export const BOOKINFO_WORKLOADS = [
  'productpage-v1',
  'details-v1',
  'ratings-v1',
  'reviews-v1',
  'reviews-v2',
  'reviews-v3',
] as const;
export type BookinfoWorkload = (typeof BOOKINFO_WORKLOADS)[number];

/** Images of somebody's own in place of a supply's. */
export const OWN_IMAGES = object(
  {
    bookinfo: object(
      Object.fromEntries(BOOKINFO_WORKLOADS.map((name) => [name, Type.Optional(text())])) as Record<
        BookinfoWorkload,
        TOptional<TString>
      >,
      { description: "By Bookinfo workload; each behaves as upstream's." },
    ),
    probe: Type.Optional(text('Of the probes; it has node on its PATH.')),
  },
  { description: "Images of the workloads in the mesh, where they are not the supply's." },
);
export type OwnImages = Static<typeof OWN_IMAGES>;

export const withImages = (parts: CoreParts, { bookinfo, probe = parts.probeImage }: OwnImages): CoreParts => ({
  ...parts,
  bookinfo: { ...parts.bookinfo, ...bookinfo },
  probeImage: probe,
  components: [
    ...parts.components,
    ...Object.entries(bookinfo).map(([workload, image]) => ({
      name: `bookinfo-${workload}`,
      version: 'its own',
      image,
    })),
  ],
});

/** What only some claims need beside a lab, and every supply has. */
export const ADD_ON_NAMES = ['cert-manager'] as const;
export type AddOnName = (typeof ADD_ON_NAMES)[number];

export interface AddOnParts {
  archives: string[];
  /** Path of its rendered manifests, CRDs included. */
  manifests: string;
  components: Component[];
}

export const SUPPLY_KINDS = ['registry', 'source'] as const;
export type SupplyKind = (typeof SUPPLY_KINDS)[number];

/** A source of parts. Calls are idempotent: what is in the cache is not fetched or built again. */
export interface Supply {
  readonly kind: SupplyKind;
  core(): Promise<CoreParts>;
  /** Fails for a version that it does not serve. */
  istio(version: string): Promise<SuppliedIstio>;
  addOn(name: AddOnName): Promise<AddOnParts>;
  /** A sentence for everything it has given so far that nothing here pins: whoever serves it decides what it is. */
  unpinned(): string[];
}
