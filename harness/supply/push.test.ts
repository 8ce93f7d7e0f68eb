import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pushArchives } from './push.ts';

const { signal } = new AbortController();

it('refuses two images that would get one place, exit code 2, before anything is pushed', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const images = [
    { Config: 'abc.json', RepoTags: ['rancher/pause:3', 'mirror/pause:3'] },
    { Config: 'def.json', RepoTags: ['vendor/pause:3'] },
  ];
  writeFileSync(join(folder.path, 'manifest.json'), JSON.stringify(images));
  const archive = join(folder.path, 'images.tar');
  execFileSync('tar', ['-cf', archive, '-C', folder.path, 'manifest.json']);
  const store = { push: '127.0.0.1:1/mesh/', pull: 'registry.vendor.test/mesh' };
  await expect(pushArchives([archive], store, () => undefined, signal)).rejects.toMatchObject({
    kind: 'usage',
    reason: 'mirror/pause:3 and vendor/pause:3 would both become 127.0.0.1:1/mesh/pause:3.',
  });
});

it('refuses a store whose credentials are not in its file, exit code 2', async () => {
  const store = { push: '127.0.0.1:1/mesh', pull: 'registry.vendor.test/mesh', config: '/nowhere/config.json' };
  await expect(pushArchives([], store, () => undefined, signal)).rejects.toMatchObject({
    kind: 'usage',
    reason: 'The registry credentials /nowhere/config.json cannot be read (ENOENT).',
  });
});
