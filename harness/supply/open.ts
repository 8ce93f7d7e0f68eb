import { usageFailure } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { RegistrySupply } from './registry/registry.ts';
import { SourceSupply } from './source/source.ts';
import type { Supply, SupplyKind } from './supply.ts';
import { VERSIONS } from './versions.ts';

/** The supply of a kind, for a version of Istio that it can serve. */
export function openSupply(kind: SupplyKind, istioVersion: string, progress: Progress, signal: AbortSignal): Supply {
  if (kind === 'registry') return new RegistrySupply(progress, signal, { istio: istioVersion });
  if (istioVersion !== VERSIONS.istio) {
    throw usageFailure(`Supply \`source\` serves Istio ${VERSIONS.istio} only, not ${istioVersion}.`, {
      next: 'Use --supply registry for another version.',
    });
  }
  return new SourceSupply(progress, signal);
}
