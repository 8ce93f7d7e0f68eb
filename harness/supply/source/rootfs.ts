import { join } from 'node:path';
import { run } from '../../common/process.ts';
import { cached, inputsDigest } from '../cache.ts';

const SUITE = 'bookworm';

/** What a Debian root holds besides the essential packages. */
const ROOTS = {
  /** Under every image of the lab: Envoy and Node need the C++ library, istio-init needs iptables. */
  base: ['ca-certificates', 'catatonit', 'iptables', 'libstdc++6'],
  node: [
    'ca-certificates',
    'conntrack',
    'containerd',
    'containernetworking-plugins',
    'etcd-server',
    'ethtool',
    'iproute2',
    'iptables',
    'kmod',
    'mount',
    'procps',
    'runc',
    'socat',
  ],
} as const;

export type RootName = keyof typeof ROOTS;

/** Host packages that {@link buildRoot} calls. */
export const ROOT_BUILDER = ['mmdebstrap', 'debian-archive-keyring'];

const LEFT_OUT = ['doc', 'man', 'locale', 'info'];

/** Finishing touches inside a root: k3d's entry point is written for bash (`trap … SIGTERM`). */
const HOOKS: Record<RootName, string[]> = { base: [], node: ['ln -sf bash "$1/bin/sh"'] };

export const rootDigest = (name: RootName) =>
  inputsDigest(SUITE, ROOTS[name].join(' '), LEFT_OUT.join(' '), HOOKS[name].join('\n'));

/** A Debian root as a tar, built from the archive's packages. */
export async function buildRoot(name: RootName, signal: AbortSignal): Promise<string> {
  const folder = await cached(`root-${name}`, rootDigest(name), async (scratch) => {
    const excludes = LEFT_OUT.map((what) => `--dpkgopt=path-exclude=/usr/share/${what}/*`);
    const hooks = HOOKS[name].map((hook) => `--customize-hook=${hook}`);
    await run(
      [
        ...['mmdebstrap', '--quiet', '--variant=essential', '--skip=output/dev', ...excludes, ...hooks],
        ...[`--include=${ROOTS[name].join(',')}`, SUITE, join(scratch, 'root.tar')],
      ],
      {
        signal,
        env: { TMPDIR: scratch },
        next: 'Check that apt reaches its mirror (apt-get update), then run the command again.',
      },
    );
  });
  return join(folder, 'root.tar');
}
