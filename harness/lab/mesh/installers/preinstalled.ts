import { type Preinstalled, type InstallerKind, INTO_ANY_CLUSTER } from './installer.ts';

/** Whoever has installed the plane before us, by whatever means. */
export const preinstalled: InstallerKind<Preinstalled> = {
  ...INTO_ANY_CLUSTER,
  name: 'preinstalled',
  uses: [],
  namesImages: false,
  isOthers: true,
  wants: 'a plane of its own',
  needsTools: () => false,
  open: () => ({ kind: 'preinstalled' }),
  render: () => Promise.resolve([]),
  apply: () => Promise.resolve(),
};
