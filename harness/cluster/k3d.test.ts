import { mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCommand, type K3dOptions, registryFlags } from './k3d.ts';

const OPTIONS: K3dOptions = {
  k3d: 'k3d',
  runId: 'r1',
  nodeImage: 'node:1',
  imagesFolder: '/images',
  apiPort: 6443,
  nodePorts: new Map([[30080, 8080]]),
  k3s: false,
  agents: 0,
};

/** The values of a flag, in their order. */
const valuesOf = (flag: string, words: readonly string[]) =>
  words.flatMap((word, index) => (words[index - 1] === flag ? [word] : []));

afterEach(() => vi.unstubAllEnvs());

describe('createCommand', () => {
  it('makes one node unless asked for more', () => {
    const words = createCommand(OPTIONS);
    expect(words.slice(0, 7)).toEqual(['k3d', 'cluster', 'create', 'meshtrust-r1', '--image', 'node:1', '--no-lb']);
    expect(valuesOf('--agents', words)).toEqual([]);
    expect(valuesOf('--env', words)).toEqual([]);
    expect(valuesOf('--k3s-arg', words)).toEqual(['--disable=coredns@server:0']);
    expect(valuesOf('--timeout', words)).toEqual(['120s']);
  });

  it('tells the server of our launcher that agents will come, and gives them images and time', () => {
    const words = createCommand({ ...OPTIONS, agents: 2 });
    expect(valuesOf('--agents', words)).toEqual(['2']);
    expect(valuesOf('--env', words)).toEqual(['MESHTRUST_AGENTS=2@server:0']);
    expect(valuesOf('--volume', words)).toEqual(['/images:/var/lib/rancher/k3s/agent/images@all']);
    expect(valuesOf('--port', words)).toEqual(['127.0.0.1:8080:30080@server:0:direct']);
    expect(valuesOf('--timeout', words)).toEqual(['240s']);
  });

  it('gives agents of k3s the arguments of a kubelet, and none of a server', () => {
    const words = createCommand({ ...OPTIONS, agents: 1, k3s: true });
    expect(valuesOf('--env', words)).toEqual([]);
    expect(valuesOf('--k3s-arg', words)).toEqual([
      ...['traefik', 'servicelb', 'metrics-server', 'local-storage'].map((extra) => `--disable=${extra}@server:0`),
      '--kubelet-arg=sync-frequency=10s@all',
      '--kubelet-arg=fail-cgroupv1=false@all',
    ]);
  });
});

describe('registryFlags', () => {
  const file = (folder: string) => {
    const ca = join(folder, 'ca.crt');
    const path = join(folder, 'registries.yaml');
    writeFileSync(ca, '');
    writeFileSync(
      path,
      `mirrors: { a: { endpoint: [https://b] } }\nconfigs: { b: { auth: { username: me, password: hunter2 }, tls: { ca_file: ${ca} } } }\n`,
    );
    return { ca, path };
  };

  it('has nothing to say without a file', () => {
    expect(registryFlags(OPTIONS)).toEqual([]);
  });

  it('hands k3s the file itself, and mounts what the file names', () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-k3d-'));
    const { ca, path } = file(folder.path);
    expect(registryFlags({ ...OPTIONS, k3s: true, registries: path })).toEqual([
      ...['--registry-config', path],
      ...['--volume', `${ca}:${ca}:ro@all`],
    ]);
  });

  it('translates it for our launcher, private to the user, with no password in a flag', () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-k3d-'));
    vi.stubEnv('XDG_CACHE_HOME', folder.path);
    const { ca, path } = file(folder.path);
    const words = registryFlags({ ...OPTIONS, registries: path });
    const home = join(folder.path, 'meshtrust', 'runs', 'r1', 'registries');
    expect(words).toEqual([
      ...['--volume', `${home}:/etc/containerd/registries:ro@all`],
      ...['--volume', `${ca}:${ca}:ro@all`],
    ]);
    const config = join(home, 'containerd.toml');
    expect(readFileSync(config, 'utf8')).toContain('password = "hunter2"');
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(home, 'certs.d', 'a', 'hosts.toml'), 'utf8')).toContain(`ca = "${ca}"`);
  });
});
