import type { LabNeeds } from './catalog.ts';
import type { Settings } from './config/settings.ts';
import { usageFailure } from '../common/errors.ts';
import type { InstallerKind, VendorPlane } from '../lab/mesh/installers/installer.ts';
import { INSTALLERS, installerOf } from '../lab/mesh/installers/installers.ts';
import { PLANES } from '../observations/planes.ts';
import { SUPPLIES } from '../supply/open.ts';
import type { SupplyKind } from '../supply/supply.ts';

/**
 * Fails, exit code 2, for installers that cannot do what is asked of them: an upgrade of what others have installed, a
 * new cluster that holds nothing yet, a key that this installer makes nothing of.
 */
export function assertInstallers(
  { planes, cluster }: Settings,
  { olderVersion }: Pick<LabNeeds, 'olderVersion'>,
): void {
  for (const plane of PLANES) {
    const own = planes[plane];
    const { name, uses, wants, isOthers } = installerOf(own);
    const key = `planes.${plane}.installer`;
    for (const setting of Object.keys(own) as (keyof VendorPlane)[]) {
      const users = usersOf(setting);
      if (users.length > 0 && !uses.includes(setting)) {
        throw usageFailure(`planes.${plane}.${setting} is not for installer ${name}.`, {
          next: `Leave it out, or set ${key} to ${users.join(' or ')}.`,
        });
      }
    }
    if (olderVersion && isOthers) {
      throw usageFailure(`${key} is preinstalled, and these claims would replace what is there by another version.`, {
        next: `Choose another profile, or have the plane installed by istioctl, helm or sail.`,
      });
    }
    if (cluster === 'k3d' && wants !== undefined) {
      throw usageFailure(`${key} is ${name}, and a cluster that is made for the run does not have ${wants}.`, {
        next: `Run on a cluster that has it (cluster: kubeconfig), or set ${key} to istioctl or helm.`,
      });
    }
  }
}

/** The installers that make something of a setting; none for one that every installer does. */
const usersOf = (setting: keyof VendorPlane): string[] =>
  Object.values<InstallerKind>(INSTALLERS)
    .filter(({ uses }) => uses.includes(setting))
    .map(({ name }) => name);

/** Fails, exit code 2, for what a supply will not have, before it has made anything. */
export function assertTools({ planes }: Settings, supply: SupplyKind): void {
  for (const plane of PLANES) {
    installerOf(planes[plane]).assertTools(plane, planes[plane], SUPPLIES[supply].hasCharts);
  }
}
