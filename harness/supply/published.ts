import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseManifests } from '../cluster/kube/manifests.ts';
import type { Progress } from '../common/progress.ts';
import { scratchFolder } from '../cluster/state/runs.ts';
import { type ImageStore, pushArchives } from './push.ts';
import type { AddOnName, AddOnParts, CoreParts, SuppliedIstio, Supply } from './supply.ts';

/** Another supply, whose images a cluster pulls from a registry instead of importing them. */
export class PublishedSupply implements Supply {
  readonly kind;
  readonly #supply: Supply;
  readonly #store: ImageStore;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;

  constructor(supply: Supply, store: ImageStore, progress: Progress, signal: AbortSignal) {
    this.kind = supply.kind;
    this.#supply = supply;
    this.#store = store;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** The archives stay with the parts: a node of the run's own needs what it cannot pull, its pause image for one. */
  async core(): Promise<CoreParts> {
    const parts = await this.#supply.core();
    const place = await this.#push('Bookinfo', parts.archives);
    const bookinfo = Object.fromEntries(Object.entries(parts.bookinfo).map(([name, image]) => [name, place(image)]));
    return {
      ...parts,
      bookinfo: bookinfo as CoreParts['bookinfo'],
      probeImage: place(parts.probeImage),
      components: placed(parts.components, place),
    };
  }

  async istio(version: string): Promise<SuppliedIstio> {
    const parts = await this.#supply.istio(version);
    const place = await this.#push(`Istio ${version}`, parts.archives);
    const hub = place(`${parts.hub}/pilot:${parts.tag}`).replace(/\/pilot:[^/]*$/, '');
    return { ...parts, hub, archives: [], components: placed(parts.components, place) };
  }

  async addOn(name: AddOnName): Promise<AddOnParts> {
    const parts = await this.#supply.addOn(name);
    const place = await this.#push(name, parts.archives);
    const objects = parseManifests(readFileSync(parts.manifests, 'utf8'));
    const manifests = join(scratchFolder(name), `${name}.yaml`);
    writeFileSync(manifests, objects.map((object) => `---\n${stringify(withPlacedImages(object, place))}`).join(''));
    return { archives: [], manifests, components: placed(parts.components, place) };
  }

  unpinned(): string[] {
    return this.#supply.unpinned();
  }

  async #push(what: string, archives: readonly string[]): Promise<(image: string) => string> {
    const names = await this.#progress.phase(`Push images of ${what} to ${this.#store.push}`, (say) =>
      pushArchives(archives, this.#store, say, this.#signal),
    );
    return (image) => names.get(image) ?? image;
  }
}

/** Components or containers with the images that stand in place of theirs. */
const placed = <T extends { image?: string }>(things: readonly T[], place: (image: string) => string): T[] =>
  things.map((one) => ({ ...one, ...(one.image === undefined ? {} : { image: place(one.image) }) }));

interface Workload extends KubernetesObject {
  spec?: { template?: { spec?: { containers?: { image?: string }[] } } };
}

/** A Deployment whose containers run what stands in an image's place; anything else as it is. */
export function withPlacedImages(object: KubernetesObject, place: (image: string) => string): KubernetesObject {
  const { spec } = object as Workload;
  const pod = spec?.template?.spec;
  if (pod?.containers === undefined) return object;
  const template = { ...spec?.template, spec: { ...pod, containers: placed(pod.containers, place) } };
  return { ...object, spec: { ...spec, template } } as KubernetesObject;
}
