import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configOf, readLogin, registryOf, secretsIn } from './registry-login.ts';

const auth = Buffer.from('robot:open:sesame').toString('base64');

function inFile<T>(content: unknown, use: (file: string) => T): T {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return use(file);
}

const login = (auths: object, prefix: string) => inFile({ auths }, (file) => readLogin(file, prefix));

it.each([
  ['127.0.0.1:5000/vendor', '127.0.0.1:5000'],
  ['registry.example.com/mesh/images', 'registry.example.com'],
  ['registry.example.com', 'registry.example.com'],
  ['localhost/mesh', 'localhost'],
  ['istio', 'docker.io'],
  ['docker.io/istio', 'docker.io'],
])('the registry of %s is %s', (prefix, registry) => {
  expect(registryOf(prefix)).toBe(registry);
});

describe('the credentials for a prefix', () => {
  it.each([
    ['a host', 'registry.example.com', 'registry.example.com/mesh'],
    ['a host with a port', '127.0.0.1:5000', '127.0.0.1:5000/vendor'],
    ['a URL', 'https://registry.example.com/v2/', 'registry.example.com/mesh'],
    ['a part of a registry', 'registry.example.com/mesh', 'registry.example.com/mesh'],
    ['Docker Hub', 'https://index.docker.io/v1/', 'vendor'],
    ['Docker Hub under its name', 'docker.io', 'docker.io/vendor'],
  ])('are found by %s', (_, key, prefix) => {
    expect(login({ 'other.example.com': { auth: 'eDp5' }, [key]: { auth } }, prefix)).toEqual({
      registry: registryOf(prefix),
      entry: { auth },
    });
  });

  it('are those of the longest path', () => {
    const auths = { 'r.example': { auth: 'YTpi' }, 'r.example/mesh': { auth }, 'r.example/me': { auth: 'Yzpk' } };
    expect(login(auths, 'r.example/mesh/1').entry).toEqual({ auth });
    expect(login(auths, 'r.example/meshes').entry).toEqual({ auth: 'YTpi' });
  });

  it('stand alone in a new file, without what else the old one says', () => {
    const entry = { auth, email: 'robot@example.com', username: '' };
    const found = inFile({ auths: { 'r.example': entry, x: { auth: 'eDp5' } }, proxies: {} }, (file) =>
      readLogin(file, 'r.example/mesh'),
    );
    expect(JSON.parse(configOf(found))).toEqual({ auths: { 'r.example': { auth } } });
    expect(JSON.parse(configOf({ registry: 'docker.io', entry: { auth } }))).toEqual({
      auths: { 'https://index.docker.io/v1/': { auth } },
    });
  });

  it.each([
    ['another registry', { auths: { 'r.example.com': { auth } } }, 'has no credentials for r.example.\nName a'],
    ['a username alone', { auths: { 'r.example': { username: 'x' } } }, 'has no credentials for r.example.\nName a'],
    ['a helper', { auths: { 'r.example': {} }, credsStore: 'pass' }, 'It leaves them to a credential helper'],
    ['no object', '["secret"]', 'is not a docker config.json'],
    ['auths that are none', { auths: ['secret'] }, 'is not a docker config.json'],
    ['no JSON', `{"auths": secret}`, 'is not a docker config.json'],
  ])('are missed with %s, exit code 2', (_, content, message) => {
    inFile(content, (file) => {
      expect(() => readLogin(file, 'r.example/mesh')).toThrow(
        expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) as string }),
      );
      expect(() => readLogin(file, 'r.example/mesh')).not.toThrow('secret');
    });
  });

  it('are missed without the file', () => {
    expect(() => readLogin('/nowhere/config.json', 'r.example')).toThrow(
      'The registry credentials /nowhere/config.json cannot be read (ENOENT).',
    );
  });
});

it('lists every secret of a file for the redactor, the password inside `auth` too', () => {
  const auths = {
    'r.example': { auth, username: 'robot', email: 'robot@example.com' },
    's.example': { username: 'robot', password: 'pass word' },
    't.example': { identitytoken: 'refresh-token', registrytoken: 'bearer-token' },
    'u.example': {},
  };
  expect(inFile({ auths }, secretsIn)).toEqual([auth, 'open:sesame', 'pass word', 'refresh-token', 'bearer-token']);
});
