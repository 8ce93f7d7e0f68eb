import { basename } from 'node:path';
import { defined } from '../../common/defined.ts';
import { NODE_VERSION } from '../../bootstrap/node.mjs';
import { environmentFailure } from '../../common/errors.ts';
import { inputsDigest } from '../cache.ts';
import { BOOKINFO_WORKLOADS, type BookinfoWorkload } from '../supply.ts';
import { VERSIONS } from '../versions.ts';
import { LOCK_FILE, readLock } from './lock.ts';

/** Where releases and images come from, and which; tests put a server on 127.0.0.1 in their place. */
export interface Upstream {
  github: string;
  kubernetes: string;
  dockerHub: string;
  githubPackages: string;
  /** Version of Istio; all others are in VERSIONS. */
  istio: string;
  /** Image name with tag → digest (`sha256:…`) of its index; a name that is here is pulled by digest. */
  digests: Readonly<Record<string, string>>;
  /** URL of a file → its SHA-256; one that is here is refused with any other. */
  sums: Readonly<Record<string, string>>;
}

const PINNED = readLock(LOCK_FILE);

export const UPSTREAM: Upstream = {
  github: 'https://github.com',
  kubernetes: 'https://dl.k8s.io',
  dockerHub: 'docker.io',
  githubPackages: 'ghcr.io',
  istio: VERSIONS.istio,
  digests: PINNED.images,
  sums: PINNED.assets,
};

/** A file of a release. */
export interface Asset {
  url: string;
  /** Where its SHA-256 stands; some projects publish none. */
  checksums?: string;
  /** What its SHA-256 is pinned to. */
  sha256?: string;
}

function assetOf({ sums }: Upstream, url: string, checksums?: string): Asset {
  const { [url]: sha256 } = sums;
  return { url, ...defined({ checksums, sha256 }) };
}

/**
 * What a file's folder in the cache is known by: where it came from, version and machine included, and its pin, so that
 * what came before it was pinned comes again.
 */
export const keyOf = ({ url, sha256 = 'not pinned' }: Asset) => inputsDigest(url, sha256);

/** Operating system and processor, as Go and with it every project here calls them. */
export interface Machine {
  os: 'linux' | 'darwin';
  arch: 'amd64' | 'arm64';
}

/** Every one that there are releases for. */
export const MACHINES: readonly Machine[] = (['linux', 'darwin'] as const).flatMap((os) =>
  (['amd64', 'arm64'] as const).map((arch) => ({ os, arch })),
);

/** The machine this runs on; fails on one that the releases do not serve. */
export function thisMachine(platform: string = process.platform, arch: string = process.arch): Machine {
  if ((platform === 'linux' || platform === 'darwin') && (arch === 'x64' || arch === 'arm64')) {
    return { os: platform, arch: arch === 'x64' ? 'amd64' : arch };
  }
  throw environmentFailure(`There are no official tools for ${platform} on ${arch}.`, {
    next: 'Use Linux or macOS on x64 or arm64; on Windows that is WSL 2.',
  });
}

/** Checksum file: `SHA256  _dist/k3d-OS-ARCH`, a line for each asset (Makefile of k3d, gen-checksum). */
export function k3dAsset(upstream: Upstream, { os, arch }: Machine): Asset {
  const release = `${upstream.github}/k3d-io/k3d/releases/download/v${VERSIONS.k3d}`;
  return assetOf(upstream, `${release}/k3d-${os}-${arch}`, `${release}/checksums.txt`);
}

/** Checksum file: the SHA-256 and nothing else. */
export function kubectlAsset(upstream: Upstream, { os, arch }: Machine): Asset {
  const url = `${upstream.kubernetes}/release/v${VERSIONS.kubernetes}/bin/${os}/${arch}/kubectl`;
  return assetOf(upstream, url, `${url}.sha256`);
}

/** Names as in Istio's release/downloadIstioCtl.sh: macOS is `osx`, and on Intel has no suffix for the processor. */
export function istioctlAsset(upstream: Upstream, { os, arch }: Machine): Asset {
  const { github, istio } = upstream;
  const system = os === 'linux' ? `linux-${arch}` : arch === 'arm64' ? 'osx-arm64' : 'osx';
  const release = `${github}/istio/istio/releases/download/${istio}`;
  const url = `${release}/istioctl-${istio}-${system}.tar.gz`;
  return assetOf(upstream, url, `${url}.sha256`);
}

export function gatewayApiAsset(upstream: Upstream): Asset {
  const release = `${upstream.github}/kubernetes-sigs/gateway-api/releases/download/v${VERSIONS.gatewayApi}`;
  return assetOf(upstream, `${release}/standard-install.yaml`);
}

export function certManagerAsset(upstream: Upstream): Asset {
  const release = `${upstream.github}/cert-manager/cert-manager/releases/download/v${VERSIONS.certManager.registry}`;
  return assetOf(upstream, `${release}/cert-manager.yaml`);
}

/** Images that k3s itself runs, one a line. Its tags have a plus (`v1.35.4+k3s1`) where the image's have a hyphen. */
export function k3sImagesAsset(upstream: Upstream): Asset {
  const tag = encodeURIComponent(VERSIONS.k3s.replace('-k3s', '+k3s'));
  return assetOf(upstream, `${upstream.github}/k3s-io/k3s/releases/download/${tag}/k3s-images.txt`);
}

export const nodeImage = ({ dockerHub }: Upstream) => `${dockerHub}/rancher/k3s:${VERSIONS.k3s}`;

/** Beneath the image of a Job: the same Node as here, and Debian. */
export const officialNodeImage = ({ dockerHub }: Upstream) => `${dockerHub}/library/node:${NODE_VERSION}-bookworm-slim`;

/** k3d runs it beside every cluster; the name is the one it asks the engine for (k3d's pkg/types/images.go). */
export const k3dToolsImage = ({ githubPackages }: Upstream) => `${githubPackages}/k3d-io/k3d-tools:${VERSIONS.k3d}`;

export const istioHub = ({ dockerHub }: Upstream) => `${dockerHub}/istio`;

export const planeImages = (upstream: Upstream) => ({
  pilot: `${istioHub(upstream)}/pilot:${upstream.istio}`,
  proxyv2: `${istioHub(upstream)}/proxyv2:${upstream.istio}`,
});

/** Names as in Istio's samples/bookinfo/platform/kube/bookinfo.yaml. */
export function bookinfoImages(upstream: Upstream): Record<BookinfoWorkload, string> {
  const image = (workload: BookinfoWorkload) =>
    `${istioHub(upstream)}/examples-bookinfo-${workload}:${VERSIONS.bookinfo}`;
  return Object.fromEntries(BOOKINFO_WORKLOADS.map((name) => [name, image(name)])) as Record<BookinfoWorkload, string>;
}

/**
 * What of k3s's own images a lab's node runs: the pause image of every pod and CoreDNS; the others belong to extras
 * that the lab switches off. Put into the node with the rest, they come with the user's registry login and mirrors.
 * Fails for a text that names neither; `url` is where it came from.
 */
export function k3sSystemImages(list: string, url: string): string[] {
  const images = list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^\S+\/mirrored-(pause|coredns-coredns):\S+$/.test(line));
  if (images.length > 0) return images;
  throw environmentFailure(`${basename(new URL(url).pathname)} does not list images of k3s.`, {
    next: 'Something else may have answered in its place, a proxy or a portal: look at it in a browser.',
    command: `GET ${url}`,
  });
}
