import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { istioctlAsset, k3dAsset, kubectlAsset, type Machine } from '../releases.ts';
import { type Loopback, sha256 } from './loopback.ts';

/** A program that says its own name. */
const program = (name: string) => `#!/bin/sh\necho ${name}\n`;

/** Serves three small tools with checksum files in the form of each project; returns their paths on the server. */
export function serveTools(server: Loopback, machine: Machine, instead: { istioctl?: Buffer } = {}) {
  const upstream = server.upstream;
  const serve = (asset: { url: string; checksums?: string }, content: string | Buffer, listing: string): string => {
    server.serve(asset.url, content);
    server.serve(asset.checksums ?? '', listing);
    return new URL(asset.url).pathname;
  };
  const tarball = instead.istioctl ?? tarOf('istioctl', program('istioctl'));
  const istioctl = istioctlAsset(upstream, machine);
  const k3d = k3dAsset(upstream, machine);
  const sumOf = (name: string) => sha256(program(name));
  return {
    k3d: serve(k3d, program('k3d'), `${sha256('x')}  _dist/k3d-windows\n${sumOf('k3d')}  _dist/${basename(k3d.url)}\n`),
    kubectl: serve(kubectlAsset(upstream, machine), program('kubectl'), sumOf('kubectl')),
    istioctl: serve(istioctl, tarball, `${sha256(tarball)} ${basename(istioctl.url)}\n`),
  };
}

/** A gzipped tar with one executable file. */
function tarOf(name: string, content: string): Buffer {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  writeFileSync(join(folder.path, name), content, { mode: 0o755 });
  return execFileSync('tar', ['-cz', '-C', folder.path, name]);
}
