import { expect, it } from 'vitest';
import { platformFor } from './archive.ts';

it.each([
  [
    'Docker with its own store',
    '[["Backing Filesystem","extfs"],["Supports d_type","true"]] linux/x86_64\n',
    undefined,
  ],
  ['the containerd store', '[["driver-type","io.containerd.snapshotter.v1"]] linux/x86_64\n', 'linux/amd64'],
  ['the containerd store on ARM', '[["driver-type","io.containerd.snapshotter.v1"]] linux/aarch64\n', 'linux/arm64'],
])('asks %s for one platform only where it must', (_, engine, platform) => {
  expect(platformFor(engine)).toBe(platform);
});
