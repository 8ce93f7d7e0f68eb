import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ISTIO_PROXY } from '../../observations/istio.ts';
import type { Progress } from '../../common/progress.ts';
import { isCached } from '../cache.ts';
import { assertDiskSpace } from '../disk.ts';
import {
  BOOKINFO_WORKLOADS,
  type AddOnName,
  type AddOnParts,
  type Component,
  type CoreParts,
  type SuppliedIstio,
  type Supply,
  type Tools,
} from '../supply.ts';
import { VERSIONS } from '../versions.ts';
import { saveArchive } from './archive.ts';
import { type FetchOptions, keep } from './kept.ts';
import { deploymentImages, fetchManifests } from './manifests.ts';
import { downloadMeter } from './meter.ts';
import { type EngineImage, engineImages, missingImages, pullImages } from './pull.ts';
import { defined } from '../../common/defined.ts';
import {
  bookinfoImages,
  certManagerAsset,
  gatewayApiAsset,
  istioHub,
  k3dToolsImage,
  k3sImagesAsset,
  k3sSystemImages,
  keyOf,
  nodeImage,
  UPSTREAM,
  type Upstream,
  planeImages,
  thisMachine,
} from './releases.ts';
import { fetchIstioctl, fetchTools, haveIstioctl, haveTools } from './tools.ts';
import { together } from './together.ts';

/** Bytes that a first run takes: images in the engine, once more as an archive, tools. */
const COLD_DISK = 8 * 2 ** 30;

/** How images get into the cluster. */
export interface ClusterImages {
  /** Its nodes pull them: none is needed here, and no container engine. */
  pullsItself: boolean;
}

/** Official images and releases, for machines that reach a registry and GitHub. */
export class RegistrySupply implements Supply {
  readonly kind = 'registry';
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #addOns: Record<AddOnName, () => Promise<AddOnParts>> = { 'cert-manager': () => this.#certManager() };
  readonly #upstream: Upstream;
  readonly #pullsItself: boolean;
  readonly #unpinned = new Set<string>();

  constructor(
    progress: Progress,
    signal: AbortSignal,
    { upstream = {}, cluster }: { upstream?: Partial<Upstream>; cluster?: ClusterImages } = {},
  ) {
    this.#progress = progress;
    this.#signal = signal;
    this.#upstream = { ...UPSTREAM, ...upstream };
    this.#pullsItself = cluster?.pullsItself ?? false;
  }

  async core(): Promise<CoreParts> {
    const upstream = this.#upstream;
    const machine = thisMachine();
    const warm = haveTools(upstream, machine);
    if (!warm) assertDiskSpace(COLD_DISK, 'the official images and tools');
    const files = await this.#phase(warm, 'Download tools', async (options) => {
      const [tools, crds, systemImages] = await together<[Tools, string, string[]]>(this.#signal, [
        (signal) => fetchTools(upstream, machine, { ...options, signal }),
        (signal) => fetchManifests('gateway-api', gatewayApiAsset(upstream), { ...options, signal }),
        (signal) => this.#k3sImages({ ...options, signal }),
      ]);
      return { tools, crds, systemImages };
    });

    const bookinfo = bookinfoImages(upstream);
    const inNode = [...Object.values(bookinfo), ...files.systemImages];
    const node = nodeImage(upstream);
    // k3d would pull its helper by itself, in the middle of creating a cluster and with less to say when it fails.
    const inEngine = [node, k3dToolsImage(upstream), ...inNode];
    const images = await this.#images('Pull images', this.#pullsItself ? Object.values(bookinfo) : inEngine);
    const from = (image: string) => componentOf(images, image);
    return {
      tools: files.tools,
      nodeImage: node,
      archives: await this.#archives('core', images, inNode),
      bookinfo,
      // Its base is the official `node` image, so `node` is /usr/local/bin/node (samples/bookinfo/src/ratings/Dockerfile).
      probeImage: bookinfo['ratings-v1'],
      gatewayApiCrds: [files.crds],
      components: [
        { name: 'kubernetes', version: `${VERSIONS.kubernetes} (k3s ${VERSIONS.k3s})`, ...from(node) },
        { name: 'k3d', version: VERSIONS.k3d, ...from(k3dToolsImage(upstream)) },
        { name: 'gateway-api', version: VERSIONS.gatewayApi },
        ...BOOKINFO_WORKLOADS.map((workload) => ({
          name: `bookinfo-${workload}`,
          version: VERSIONS.bookinfo,
          ...from(bookinfo[workload]),
        })),
      ],
    };
  }

  async istio(version: string): Promise<SuppliedIstio> {
    const upstream = { ...this.#upstream, istio: version };
    const machine = thisMachine();
    const istioctl = await this.#phase(haveIstioctl(upstream, machine), `Download istioctl ${version}`, (options) =>
      fetchIstioctl(upstream, machine, options),
    );
    const { pilot, proxyv2 } = planeImages(upstream);
    const names = [pilot, proxyv2];
    const images = await this.#images(`Pull images of Istio ${version}`, names);
    return {
      version,
      istioctl,
      hub: istioHub(upstream),
      tag: version,
      archives: await this.#archives(`istio-${version}`, images, names),
      overlay: {},
      components: [
        { name: 'istio', version, ...componentOf(images, pilot) },
        { name: ISTIO_PROXY, version, ...componentOf(images, proxyv2) },
      ],
    };
  }

  async addOn(name: AddOnName): Promise<AddOnParts> {
    return await this.#addOns[name]();
  }

  async #certManager(): Promise<AddOnParts> {
    const asset = certManagerAsset(this.#upstream);
    const manifests = await this.#phase(isCached('cert-manager', keyOf(asset)), 'Download cert-manager', (options) =>
      fetchManifests('cert-manager', asset, options),
    );
    const names = deploymentImages(readFileSync(manifests, 'utf8'), asset.url);
    const images = await this.#images('Pull images of cert-manager', names);
    return {
      archives: await this.#archives('cert-manager', images, names),
      manifests,
      components: names.map((name) => ({
        name: name.replace(/^.*\/|:.*$/g, ''),
        version: VERSIONS.certManager.registry,
        ...componentOf(images, name),
      })),
    };
  }

  unpinned(): string[] {
    return [...this.#unpinned];
  }

  /** Names of k3s's own images that the node needs; the list is kept in the cache. */
  async #k3sImages(options: FetchOptions): Promise<string[]> {
    const asset = k3sImagesAsset(this.#upstream);
    const file = 'images.txt';
    const read = (path: string) => k3sSystemImages(readFileSync(path, 'utf8'), asset.url);
    const folder = await keep({ name: 'k3s-images', asset, file }, options, (path) => {
      read(path);
    });
    return read(join(folder, file));
  }

  /** Has the engine hold the images; shown only if some must be pulled. */
  async #images(title: string, names: readonly string[]): Promise<Map<string, EngineImage>> {
    const { digests } = this.#upstream;
    if (this.#pullsItself) {
      for (const name of names) this.#unpinned.add(`not pinned: ${name} (the cluster pulls it, by its tag)`);
      return new Map();
    }
    let have = await engineImages(names, this.#signal);
    const missing = missingImages(names, have, digests);
    if (missing.length > 0) {
      await this.#progress.phase(title, (say) => pullImages(missing, digests, say, this.#signal));
      have = await engineImages(names, this.#signal);
    }
    for (const name of names.filter((one) => digests[one] === undefined)) {
      this.#unpinned.add(`not pinned: ${name} (digest received: ${have.get(name)?.digest ?? 'none'})`);
    }
    return have;
  }

  async #archives(name: string, images: ReadonlyMap<string, EngineImage>, names: readonly string[]): Promise<string[]> {
    if (this.#pullsItself) return [];
    const wanted = names.flatMap((one) => images.get(one) ?? []);
    return [await saveArchive(name, wanted, this.#signal)];
  }

  /** Shows a phase only for what is not in the cache yet. */
  async #phase<T>(warm: boolean, title: string, work: (options: FetchOptions) => Promise<T>): Promise<T> {
    const options = { signal: this.#signal, onUnpinned: (sentence: string) => this.#unpinned.add(sentence) };
    if (warm) return await work(options);
    return await this.#progress.phase(title, (say) => work({ ...options, onReceived: downloadMeter(say) }));
  }
}

/** Image and digest of a component, as the engine has them. */
function componentOf(images: ReadonlyMap<string, EngineImage>, name: string): Pick<Component, 'image' | 'digest'> {
  const digest = images.get(name)?.digest;
  return { image: name, ...defined({ digest }) };
}
