import { environmentFailure } from '../../errors.ts';
import { BOOKINFO_WORKLOADS, type BookinfoWorkload } from '../supply.ts';
import { VERSIONS } from '../versions.ts';

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
}

export const UPSTREAM: Upstream = {
  github: 'https://github.com',
  kubernetes: 'https://dl.k8s.io',
  dockerHub: 'docker.io',
  githubPackages: 'ghcr.io',
  istio: VERSIONS.istio,
  digests: {},
};

/** A file of a release. */
export interface Asset {
  url: string;
  /** Where its SHA-256 stands; some projects publish none. */
  checksums?: string;
}

/** Operating system and processor, as Go and with it every project here calls them. */
export interface Machine {
  os: 'linux' | 'darwin';
  arch: 'amd64' | 'arm64';
}

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
export function k3dAsset({ github }: Upstream, { os, arch }: Machine): Asset {
  const release = `${github}/k3d-io/k3d/releases/download/v${VERSIONS.k3d}`;
  return { url: `${release}/k3d-${os}-${arch}`, checksums: `${release}/checksums.txt` };
}

/** Checksum file: the SHA-256 and nothing else. */
export function kubectlAsset({ kubernetes }: Upstream, { os, arch }: Machine): Asset {
  const url = `${kubernetes}/release/v${VERSIONS.kubernetes}/bin/${os}/${arch}/kubectl`;
  return { url, checksums: `${url}.sha256` };
}

/** Names as in Istio's release/downloadIstioCtl.sh: macOS is `osx`, and on Intel has no suffix for the processor. */
export function istioctlAsset({ github, istio }: Upstream, { os, arch }: Machine): Asset {
  const system = os === 'linux' ? `linux-${arch}` : arch === 'arm64' ? 'osx-arm64' : 'osx';
  const release = `${github}/istio/istio/releases/download/${istio}`;
  const url = `${release}/istioctl-${istio}-${system}.tar.gz`;
  return { url, checksums: `${url}.sha256` };
}

export function gatewayApiAsset({ github }: Upstream): Asset {
  const release = `${github}/kubernetes-sigs/gateway-api/releases/download/v${VERSIONS.gatewayApi}`;
  return { url: `${release}/standard-install.yaml` };
}

export function certManagerAsset({ github }: Upstream): Asset {
  const release = `${github}/cert-manager/cert-manager/releases/download/v${VERSIONS.certManager.registry}`;
  return { url: `${release}/cert-manager.yaml` };
}

/** Images that k3s itself runs, one a line. Its tags have a plus (`v1.35.4+k3s1`) where the image's have a hyphen. */
export function k3sImagesAsset({ github }: Upstream): Asset {
  const tag = encodeURIComponent(VERSIONS.k3s.replace('-k3s', '+k3s'));
  return { url: `${github}/k3s-io/k3s/releases/download/${tag}/k3s-images.txt` };
}

export const nodeImage = ({ dockerHub }: Upstream) => `${dockerHub}/rancher/k3s:${VERSIONS.k3s}`;

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
 */
export function k3sSystemImages(list: string): string[] {
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /\/mirrored-(pause|coredns-coredns):/.test(line));
}
