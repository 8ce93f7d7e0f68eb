import type { Progress } from '../common/progress.ts';
import { type ClusterImages, RegistrySupply } from './registry/registry.ts';
import { istioSource } from './source/istio.ts';
import { partsToBuild, SourceSupply } from './source/source.ts';
import type { AddOnName, Supply, SupplyKind } from './supply.ts';

/** A kind of supply: what is known of it before it is asked for anything. */
interface SupplyMaker {
  /** Has it Istio's Helm charts, and a helm? */
  readonly hasCharts: boolean;
  /** Does it make its images with this machine's engine? They get into no other cluster by themselves then. */
  readonly buildsHere: boolean;
  /** What of these versions and add-ons has to be got before a lab can be brought up, as far as that is known. */
  readonly missing: (istioVersions: readonly string[], addOns: readonly AddOnName[]) => string;
  readonly open: (
    istioVersions: readonly string[],
    cluster: ClusterImages,
    progress: Progress,
    signal: AbortSignal,
  ) => Supply;
}

export const SUPPLIES: Record<SupplyKind, SupplyMaker> = {
  source: {
    hasCharts: true,
    buildsHere: true,
    missing: (istioVersions, addOns) => {
      const parts = partsToBuild(istioVersions, addOns);
      return parts.length === 0 ? 'nothing is to be built' : `to be built first: ${parts.join('; ')}`;
    },
    open: (istioVersions, _, progress, signal) => {
      for (const version of istioVersions) istioSource(version);
      return new SourceSupply(progress, signal);
    },
  },
  registry: {
    hasCharts: false,
    buildsHere: false,
    missing: () => 'images and tools are downloaded where they are not there yet',
    open: (_, cluster, progress, signal) => new RegistrySupply(progress, signal, { cluster }),
  },
};

/** The supply of a kind; fails, exit code 2, unless it can serve these versions of Istio. */
export const openSupply = (kind: SupplyKind, ...request: Parameters<SupplyMaker['open']>): Supply =>
  SUPPLIES[kind].open(...request);
