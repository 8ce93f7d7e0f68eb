import { expect, it } from 'vitest';
import { downloadMeter } from './meter.ts';

const MIB = 2 ** 20;

it('sums up what is under way', () => {
  const said: string[] = [];
  const meter = downloadMeter((text) => said.push(text));
  meter('k3d', { bytes: MIB, total: 4 * MIB });
  meter('list', { bytes: MIB / 2 });
  meter('kubectl', { bytes: 2 * MIB, total: 2 * MIB });
  meter('list', { bytes: MIB, total: MIB });
  meter('k3d', { bytes: 4 * MIB, total: 4 * MIB });
  expect(said).toEqual([
    '1.0 of 4.0 MiB (k3d)',
    '1.5 MiB (k3d, list)',
    '3.5 MiB (k3d, list)',
    '4.0 of 7.0 MiB (k3d)',
    '7.0 of 7.0 MiB (done)',
  ]);
});
