import type { KubernetesObject } from '@kubernetes/client-node';
import type { Kube } from '../../../cluster/kube/client.ts';
import type { ApplyOptions, Proprietor } from '../../../cluster/ownership/objects.ts';
import type { Plane } from '../distribution.ts';
import { helm } from './helm.ts';
import type { InstallerKind, InstallerName, IstioParts, VendorPlane } from './installer.ts';
import { istioctl } from './istioctl.ts';
import { preinstalled } from './preinstalled.ts';
import { sail } from './sail-cluster.ts';

/** Every installer; each stands in a file of its own. */
export const INSTALLERS = { istioctl, helm, sail, preinstalled } satisfies Record<InstallerName, InstallerKind>;

/** The installer that the settings of a plane ask for. */
export const installerOf = ({ installer = 'istioctl' }: VendorPlane): InstallerKind => INSTALLERS[installer];

const installerIn = ({ installer }: IstioParts): InstallerKind => INSTALLERS[installer.kind];

/** Whether the images of a plane are ours to name. */
export const namesImages = (parts: IstioParts): boolean => installerIn(parts).namesImages;

/** Whether somebody has installed the plane before us. */
export const isOthers = (parts: IstioParts): boolean => installerIn(parts).isOthers;

/** What is applied for a plane, by its installer. */
export const renderPlane = (plane: Plane, parts: IstioParts, signal?: AbortSignal): Promise<KubernetesObject[]> =>
  installerIn(parts).render(plane, parts, signal);

/** Fails where the cluster would not take what was rendered for a plane; changes nothing. */
export const assertApplicable = (kube: Kube, parts: IstioParts, rendered: readonly KubernetesObject[]): Promise<void> =>
  installerIn(parts).assertApplicable(kube, rendered);

/** Puts in what was rendered for a plane. Its istiod is then still to be waited for, whoever installs it. */
export const applyPlane = (
  owner: Proprietor,
  parts: IstioParts,
  rendered: readonly KubernetesObject[],
  options: ApplyOptions = {},
): Promise<void> => installerIn(parts).apply(owner, parts, rendered, options);
