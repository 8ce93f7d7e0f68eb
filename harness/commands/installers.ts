import type { Settings } from '../config/settings.ts';
import { usageFailure } from '../errors.ts';
import { assertCharts, installerName } from '../mesh/installers/choose.ts';
import type { VendorPlane } from '../mesh/vendor.ts';
import { PLANES } from '../observations/planes.ts';
import type { Installer, SupplyKind } from '../supply/supply.ts';

type Name = Installer['kind'];

/** What a plane's keys are for: nothing is made of them by another installer. */
const USED_BY: Partial<Record<keyof VendorPlane, readonly Name[]>> = {
  istioctl: ['istioctl'],
  charts: ['helm'],
  helm: ['helm'],
  version: ['istioctl', 'helm', 'sail'],
  hub: ['istioctl', 'helm', 'sail'],
  tag: ['istioctl', 'helm', 'sail'],
  pullSecret: ['istioctl', 'helm', 'sail'],
  values: ['istioctl', 'helm', 'sail'],
};

/** What a cluster must have beforehand. */
const WANTS: Partial<Record<Name, string>> = { sail: 'the Sail operator', preinstalled: 'a plane of its own' };

/**
 * Fails, exit code 2, for installers that cannot do what is asked of them: an upgrade of what others have installed, a
 * new cluster that holds nothing yet, a key that this installer makes nothing of.
 */
export function assertInstallers({ planes, cluster }: Settings, { upgrade }: { upgrade: boolean }): void {
  for (const plane of PLANES) {
    const own = planes[plane];
    const name = installerName(own);
    const key = `planes.${plane}.installer`;
    for (const [unused, installers] of Object.entries(USED_BY)) {
      if (unused in own && !installers.includes(name)) {
        throw usageFailure(`planes.${plane}.${unused} is not for installer ${name}.`, {
          next: `Leave it out, or set ${key} to ${installers.join(' or ')}.`,
        });
      }
    }
    if (upgrade && name === 'preinstalled') {
      throw usageFailure(`${key} is preinstalled, and profile upgrade would replace what is there.`, {
        next: `Choose another profile, or have the plane installed by istioctl, helm or sail.`,
      });
    }
    const wanted = WANTS[name];
    if (cluster === 'k3d' && wanted !== undefined) {
      throw usageFailure(`${key} is ${name}, and a cluster that is made for the run does not have ${wanted}.`, {
        next: `Run on a cluster that has it (cluster: kubeconfig), or set ${key} to istioctl or helm.`,
      });
    }
  }
}

/** Fails, exit code 2, for what a supply will not have, before it has made anything. */
export function assertTools({ planes }: Settings, supply: SupplyKind): void {
  for (const plane of PLANES) {
    if (installerName(planes[plane]) === 'helm') assertCharts(plane, planes[plane], supply);
  }
}
