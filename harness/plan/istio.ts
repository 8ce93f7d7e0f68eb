import { defined } from '../common/defined.ts';
import type { LabNeeds } from './catalog.ts';
import type { Settings } from './config/settings.ts';
import { usageFailure } from '../common/errors.ts';
import type { IstioParts } from '../lab/mesh/installers/installer.ts';
import { installerOf } from '../lab/mesh/installers/installers.ts';
import { needsSupply, withVendor } from '../lab/mesh/vendor.ts';
import { type PlaneName, PLANES } from '../observations/planes.ts';
import type { SuppliedIstio, Supply } from '../supply/supply.ts';

type Installed = Record<PlaneName, IstioParts>;

const versionOf = ({ planes, istioVersion }: Settings, plane: PlaneName) => planes[plane].version ?? istioVersion;

/** The versions of Istio that come from the supply; with an older version first also that one. */
export function suppliedVersions(settings: Settings, { olderVersion }: Pick<LabNeeds, 'olderVersion'>): string[] {
  const own = PLANES.filter((plane) => needsSupply(settings.planes[plane])).map((plane) => versionOf(settings, plane));
  const before =
    olderVersion && PLANES.some((plane) => installerOf(settings.planes[plane]).namesImages)
      ? [settings.upgrade.from]
      : [];
  return [...new Set([...own, ...before])];
}

/** What the planes are to be installed from, or upgraded to: the supply's parts with what is the vendor's own. */
export async function istioOf(settings: Settings, supply: Supply): Promise<Installed> {
  const supplied = new Map<string, SuppliedIstio>();
  const parts = async (plane: PlaneName): Promise<IstioParts> => {
    const own = settings.planes[plane];
    const version = versionOf(settings, plane);
    if (!needsSupply(own)) return withVendor(plane, own, version, undefined);
    const known = supplied.get(version) ?? (await supply.istio(version));
    supplied.set(version, known);
    return withVendor(plane, own, version, known);
  };
  return { mesh: await parts('mesh'), gateway: await parts('gateway') };
}

/**
 * What both planes are of before an upgrade: the supply's parts alone, put in by the plane's installer. Fails, exit code
 * 2, where that is helm and the supply has no charts: those of a plane are of the version it is upgraded to.
 */
export async function istioBefore({ planes, upgrade }: Settings, supply: Supply): Promise<Installed> {
  const supplied = PLANES.some((plane) => installerOf(planes[plane]).namesImages)
    ? await supply.istio(upgrade.from)
    : undefined;
  const parts = (plane: PlaneName): IstioParts => {
    const { installer, helm } = planes[plane];
    const own = defined({ installer, helm });
    if (!installerOf(own).namesImages) return withVendor(plane, own, upgrade.from, undefined);
    if (installer === 'helm' && supplied?.charts === undefined) {
      throw usageFailure(
        `This supply has no charts of Istio ${upgrade.from}, and helm is to install the ${plane} plane.`,
        {
          next: `Upgrade with --supply source, or with planes.${plane}.installer istioctl.`,
        },
      );
    }
    return withVendor(plane, own, upgrade.from, supplied);
  };
  return { mesh: parts('mesh'), gateway: parts('gateway') };
}
