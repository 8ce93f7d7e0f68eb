import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { archivedImages } from './archived.ts';
import { IMAGE_HUB } from './hub.ts';

const { signal } = new AbortController();

async function inArchive<T>(files: Record<string, string>, use: (archive: string) => Promise<T>): Promise<T> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  const archive = join(folder.path, 'images.tar');
  execFileSync('tar', ['-cf', archive, '-C', folder.path, ...Object.keys(files)]);
  return await use(archive);
}

it('lists the images of an archive, old and new, once for each name', async () => {
  const manifest = [
    { Config: 'abc.json', RepoTags: [`${IMAGE_HUB}/pilot:1`, 'vendor/pilot:1'], Layers: [] },
    { Config: 'blobs/sha256/def', RepoTags: ['127.0.0.1:5000/proxyv2:1'], Layers: [] },
    { Config: 'blobs/sha256/ghi', RepoTags: null, Layers: [] },
  ];
  await inArchive({ 'manifest.json': JSON.stringify(manifest) }, async (archive) => {
    expect(await archivedImages(archive, signal)).toEqual([
      { archive, name: `${IMAGE_HUB}/pilot:1`, config: 'sha256:abc' },
      { archive, name: 'vendor/pilot:1', config: 'sha256:abc' },
      { archive, name: '127.0.0.1:5000/proxyv2:1', config: 'sha256:def' },
    ]);
  });
});

it('says of anything else that it is none, exit code 3', async () => {
  const failure = { kind: 'environment', message: expect.stringContaining('is not an archive of images.') as string };
  await inArchive({ 'other.json': '[]' }, async (archive) => {
    await expect(archivedImages(archive, signal)).rejects.toMatchObject(failure);
  });
  await expect(archivedImages('/nowhere/images.tar', signal)).rejects.toMatchObject(failure);
});
