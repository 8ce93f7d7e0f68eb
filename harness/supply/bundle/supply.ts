import { usageFailure } from '../../common/errors.ts';
import type { AddOnName, AddOnParts, CoreParts, SuppliedIstio, Supply } from '../supply.ts';
import type { Bundle } from './bundle.ts';

/** Parts that were put together elsewhere: needs neither engine nor network. */
export class BundleSupply implements Supply {
  readonly kind;
  readonly #bundle: Bundle;

  /** Fails, exit code 2, unless the bundle has these versions of Istio. */
  constructor(bundle: Bundle, istioVersions: readonly string[]) {
    this.kind = bundle.kind;
    this.#bundle = bundle;
    for (const version of istioVersions) this.#istio(version);
  }

  /** Its cluster is there already: without tools and node image to make one. */
  async core(): Promise<CoreParts> {
    return { ...this.#bundle.core, tools: { k3d: '', kubectl: '' }, nodeImage: '', archives: [] };
  }

  async istio(version: string): Promise<SuppliedIstio> {
    return this.#istio(version);
  }

  async addOn(name: AddOnName): Promise<AddOnParts> {
    const parts = this.#bundle.addOns[name];
    if (parts !== undefined) return { ...parts, archives: [] };
    throw usageFailure(`The bundle has no ${name}.`, {
      next: 'It was made for claims that need none; make it again for these (`meshtrust job` with their --only).',
    });
  }

  unpinned(): string[] {
    return [...(this.#bundle.unpinned ?? [])];
  }

  #istio(version: string): SuppliedIstio {
    const parts = this.#bundle.istio.find((one) => one.version === version);
    if (parts !== undefined) return { ...parts, archives: [] };
    throw usageFailure(`The bundle does not have Istio ${version}.`, {
      next: `It has ${this.#bundle.istio.map((one) => one.version).join(' and ') || 'none'}; make it again for another version.`,
    });
  }
}
