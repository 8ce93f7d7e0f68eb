import type { Progress } from '../progress.ts';
import { type ClusterImages, RegistrySupply } from './registry/registry.ts';
import { istioSource } from './source/istio.ts';
import { SourceSupply } from './source/source.ts';
import type { Supply, SupplyKind } from './supply.ts';

/** The supply of a kind; fails, exit code 2, unless it can serve these versions of Istio. */
export function openSupply(
  kind: SupplyKind,
  istioVersions: readonly string[],
  cluster: ClusterImages,
  progress: Progress,
  signal: AbortSignal,
): Supply {
  if (kind === 'registry') return new RegistrySupply(progress, signal, { cluster });
  for (const version of istioVersions) istioSource(version);
  return new SourceSupply(progress, signal);
}
