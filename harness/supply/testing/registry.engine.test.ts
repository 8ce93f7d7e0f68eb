import { mkdtempDisposableSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterLabel } from '../../cluster/k3d.ts';
import { deadline } from '../../common/deadlines.ts';
import { Session } from '../../run/session.ts';
import { IMAGE_HUB } from '../hub.ts';
import { pushArchives } from '../push.ts';
import { docker, pullAs, writeArchive } from './images.ts';
import { type StartedRegistry, startRegistry } from './registry.ts';

const resources = new AsyncDisposableStack();
let session: Session;
let registry: StartedRegistry;

// The registry's program is compiled the first time.
beforeAll(async () => {
  session = resources.use(new Session());
  await session.engine();
  registry = resources.use(await startRegistry(session.id, session.signal));
}, deadline('claimGroup'));
afterAll(() => resources.disposeAsync(), deadline('claimGroup'));

const containers = () => {
  const [[label, value] = []] = Object.entries(clusterLabel(session.id));
  return docker('ps', '--all', '--quiet', '--filter', `label=${label ?? ''}=${value ?? ''}`).trim();
};

it('gives an image to whoever has the password, and to nobody else', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-registry-'));
  const archive = join(folder.path, 'images.tar');
  writeArchive(archive, [`${IMAGE_HUB}/registry-test:1`], 'content');
  const store = registry.store('mesh');
  await pushArchives([archive], store, () => undefined, session.signal);

  const image = `${store.push}/registry-test:1`;
  expect(pullAs(dirname(store.config), image)).toMatchObject({ exitCode: 0 });
  expect(pullAs(undefined, image)).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('no basic auth credentials') as string,
  });

  const { host, username, password } = registry;
  const ask = async (secret?: string) => {
    const authorization = `Basic ${Buffer.from(`${username}:${secret ?? ''}`).toString('base64')}`;
    const headers = secret === undefined ? {} : { authorization };
    return (await fetch(`http://${host}/v2/mesh/registry-test/manifests/1`, { headers })).status;
  };
  expect([await ask(), await ask('guessed'), await ask(password)]).toEqual([401, 401, 200]);
});

it('listens for this machine and its containers only', async () => {
  for (const url of [`http://${registry.host}`, registry.endpoint]) {
    expect((await fetch(`${url}/v2/`)).status).toBe(401);
  }
  const { port } = new URL(registry.endpoint);
  const outside = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(lo|docker|br-|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4');
  for (const { address } of outside) {
    await expect(fetch(`http://${address}:${port}/v2/`)).rejects.toThrow('fetch failed');
  }
});

it('leads nodes there by a name', () => {
  const [name = ''] = registry.store('mesh').pull.split('/');
  expect(parse(readFileSync(registry.registries, 'utf8'))).toEqual({
    mirrors: { [name]: { endpoint: [registry.endpoint] } },
  });
  const { auths } = JSON.parse(readFileSync(registry.config, 'utf8')) as { auths: Record<string, unknown> };
  expect(Object.keys(auths)).toEqual([registry.host, name]);
});

it('keeps its password in a private file, and out of what the engine shows of it', () => {
  for (const file of [registry.config, registry.registries]) expect(statSync(file).mode & 0o777).toBe(0o600);
  const shown = [docker('inspect', containers()), docker('logs', containers()), readFileSync(registry.registries)];
  expect(shown.map(String).filter((text) => text.includes(registry.password))).toEqual([]);
});

it('is gone when it is disposed of', async () => {
  const before = containers();
  {
    await using other = await startRegistry(session.id, session.signal);
    expect(other.host).not.toBe(registry.host);
    expect(containers()).not.toBe(before);
  }
  expect(containers()).toBe(before);
});
