import { expect, it } from 'vitest';
import { platformWords } from './archive.ts';

it.each([
  ['Docker with its own store', '[["Backing Filesystem","extfs"],["Supports d_type","true"]] linux/x86_64\n', []],
  [
    'the containerd store',
    '[["driver-type","io.containerd.snapshotter.v1"]] linux/x86_64\n',
    ['--platform', 'linux/amd64'],
  ],
  [
    'the containerd store on ARM',
    '[["driver-type","io.containerd.snapshotter.v1"]] linux/aarch64\n',
    ['--platform', 'linux/arm64'],
  ],
])('asks %s for one platform only where it must', (_, engine, words) => {
  expect(platformWords(engine)).toEqual(words);
});
