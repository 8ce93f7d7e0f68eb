import { expect, it } from 'vitest';
import { VERSIONS } from '../versions.ts';
import * as releases from './releases.ts';

const { thisMachine } = releases;
const UPSTREAM: releases.Upstream = { ...releases.UPSTREAM, sums: {}, digests: {} };
const linux = { os: 'linux', arch: 'amd64' } as const;
const { istio, k3d, kubernetes, gatewayApi, k3s } = VERSIONS;

it('names the assets as their projects publish them', () => {
  expect(releases.k3dAsset(UPSTREAM, linux)).toEqual({
    url: `https://github.com/k3d-io/k3d/releases/download/v${k3d}/k3d-linux-amd64`,
    checksums: `https://github.com/k3d-io/k3d/releases/download/v${k3d}/checksums.txt`,
  });
  expect(releases.kubectlAsset(UPSTREAM, { os: 'darwin', arch: 'arm64' })).toEqual({
    url: `https://dl.k8s.io/release/v${kubernetes}/bin/darwin/arm64/kubectl`,
    checksums: `https://dl.k8s.io/release/v${kubernetes}/bin/darwin/arm64/kubectl.sha256`,
  });
  expect(releases.gatewayApiAsset(UPSTREAM).url).toBe(
    `https://github.com/kubernetes-sigs/gateway-api/releases/download/v${gatewayApi}/standard-install.yaml`,
  );
  expect(releases.certManagerAsset(UPSTREAM).url).toBe(
    `https://github.com/cert-manager/cert-manager/releases/download/v${VERSIONS.certManager.registry}/cert-manager.yaml`,
  );
  const k3sTag = k3s.replace('-', '%2B');
  expect(releases.k3sImagesAsset(UPSTREAM).url).toBe(
    `https://github.com/k3s-io/k3s/releases/download/${k3sTag}/k3s-images.txt`,
  );
});

it.each([
  ['linux', 'amd64', 'linux-amd64'],
  ['linux', 'arm64', 'linux-arm64'],
  ['darwin', 'arm64', 'osx-arm64'],
  ['darwin', 'amd64', 'osx'],
] as const)('calls istioctl for %s on %s %s', (os, arch, suffix) => {
  const url = `https://github.com/istio/istio/releases/download/${istio}/istioctl-${istio}-${suffix}.tar.gz`;
  expect(releases.istioctlAsset(UPSTREAM, { os, arch })).toEqual({ url, checksums: `${url}.sha256` });
});

it('names the images as upstream does', () => {
  expect(releases.planeImages(UPSTREAM)).toEqual({
    pilot: `docker.io/istio/pilot:${istio}`,
    proxyv2: `docker.io/istio/proxyv2:${istio}`,
  });
  expect(releases.bookinfoImages(UPSTREAM)['reviews-v3']).toBe(
    `docker.io/istio/examples-bookinfo-reviews-v3:${VERSIONS.bookinfo}`,
  );
  expect(releases.nodeImage(UPSTREAM)).toBe(`docker.io/rancher/k3s:${k3s}`);
  expect(releases.k3dToolsImage(UPSTREAM)).toBe(`ghcr.io/k3d-io/k3d-tools:${k3d}`);
});

it('serves another version of Istio where it is asked to', () => {
  const newer = { ...UPSTREAM, istio: '1.30.0' };
  expect(releases.istioctlAsset(newer, linux).url).toContain('/download/1.30.0/istioctl-1.30.0-linux-amd64.tar.gz');
  expect(releases.planeImages(newer).pilot).toBe('docker.io/istio/pilot:1.30.0');
});

it('knows the machines there are releases for', () => {
  expect(thisMachine('linux', 'x64')).toEqual(linux);
  expect(thisMachine('darwin', 'arm64')).toEqual({ os: 'darwin', arch: 'arm64' });
  expect(() => thisMachine('win32', 'x64')).toThrow(
    'There are no official tools for win32 on x64.\nUse Linux or macOS',
  );
  expect(() => thisMachine('linux', 's390x')).toThrow('linux on s390x');
});

it("takes of k3s's images those that the lab does not switch off", () => {
  const list = [
    'docker.io/rancher/klipper-helm:v0.9.10-build20251111',
    'docker.io/rancher/mirrored-coredns-coredns:1.13.1',
    'docker.io/rancher/mirrored-metrics-server:v0.8.0',
    'docker.io/rancher/mirrored-pause:3.6\r',
    '',
  ].join('\n');
  const url = releases.k3sImagesAsset(UPSTREAM).url;
  expect(releases.k3sSystemImages(list, url)).toEqual([
    'docker.io/rancher/mirrored-coredns-coredns:1.13.1',
    'docker.io/rancher/mirrored-pause:3.6',
  ]);
});

it('takes nothing else for the list of them', () => {
  expect(() => releases.k3sSystemImages('<html>Welcome to the hotel</html>', 'https://example.com/list.txt')).toThrow(
    'list.txt does not list images of k3s.\nSomething else may have answered in its place',
  );
});

it('knows a file by its pin too', () => {
  const { url } = releases.gatewayApiAsset(UPSTREAM);
  const pinned = (sum: string) => releases.gatewayApiAsset({ ...UPSTREAM, sums: { [url]: sum } });
  expect(pinned('ab')).toEqual({ url, sha256: 'ab' });
  const none = releases.gatewayApiAsset({ ...UPSTREAM, sums: {} });
  expect(none).toEqual({ url });
  expect(new Set([pinned('ab'), pinned('cd'), none].map(releases.keyOf)).size).toBe(3);
});
