import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pullSecret } from './pull-secret.ts';

const entry = { auth: Buffer.from('robot:secret').toString('base64') };

function secretOf(auths: object, prefix: string) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'config.json');
  writeFileSync(file, JSON.stringify({ auths }), { mode: 0o600 });
  return pullSecret('vendor', 'istio-system', file, prefix);
}

it('holds the credentials of the one registry', () => {
  const secret = secretOf({ 'r.example:5000': entry, 'other.example': { auth: 'eDp5' } }, 'r.example:5000/mesh');
  expect(secret).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'vendor', namespace: 'istio-system' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': expect.any(String) as string },
  });
  const config = Buffer.from(secret.data?.['.dockerconfigjson'] ?? '', 'base64').toString();
  expect(JSON.parse(config)).toEqual({ auths: { 'r.example:5000': entry } });
});

it.each([
  ['a token alone', {}],
  ['a token beside an empty password, as docker login leaves it', { auth: Buffer.from('robot:').toString('base64') }],
])('refuses %s, which no kubelet can use', (_, beside) => {
  expect(() => secretOf({ 'r.example': { ...beside, identitytoken: 'x' } }, 'r.example/mesh')).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining('a kubelet takes no tokens') as string }),
  );
});

it('refuses a file without credentials for the registry', () => {
  expect(() => secretOf({}, 'r.example/mesh')).toThrow('has no credentials for r.example');
});
