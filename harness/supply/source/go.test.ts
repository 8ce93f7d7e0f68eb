import { chmodSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildGoPart, goModuleVersion } from './go.ts';

afterEach(() => vi.unstubAllEnvs());

const build = () =>
  buildGoPart({ name: 'k3d', packages: ['github.com/k3d-io/k3d/v5'] }, () => undefined, new AbortController().signal);

describe('a build without a fitting Go', () => {
  it.each([
    ['none', undefined, /Supply `source` needs Go, and none is on the PATH\.\nInstall Go 1\.26 or newer/],
    ['an old one', 'go1.21.3', /Supply `source` needs Go 1\.26 or newer; this is go1\.21\.\nInstall Go 1\.26 or newer/],
  ])('%s: says so and leaves nothing', async (_, version, message) => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-go-'));
    vi.stubEnv('PATH', folder.path);
    vi.stubEnv('XDG_CACHE_HOME', join(folder.path, 'cache'));
    if (version !== undefined) {
      writeFileSync(join(folder.path, 'go'), `#!/bin/sh\necho ${version}\n`);
      chmodSync(join(folder.path, 'go'), 0o755);
    }
    await expect(build()).rejects.toThrow(message);
    expect(readdirSync(join(folder.path, 'cache', 'meshtrust', 'parts'))).toEqual([]);
  });
});

describe('goModuleVersion', () => {
  it('reads the pin of a module', () => {
    expect(goModuleVersion('platform', 'k8s.io/kubernetes')).toBe('v1.35.4');
    expect(() => goModuleVersion('k3d', 'istio.io/istio')).toThrow('istio.io/istio is not required by');
  });
});
