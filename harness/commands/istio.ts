import type { Settings } from '../config/settings.ts';
import { type PlaneName, PLANES } from '../mesh/distribution.ts';
import { needsSupply, withVendor } from '../mesh/vendor.ts';
import type { IstioParts, Supply } from '../supply/supply.ts';

type Installed = Record<PlaneName, IstioParts>;

const versionOf = ({ planes, istioVersion }: Settings, plane: PlaneName) => planes[plane].version ?? istioVersion;

/** The versions of Istio that come from the supply; with an upgrade also the one that it starts from. */
export function suppliedVersions(settings: Settings, { upgrade }: { upgrade: boolean }): string[] {
  const own = PLANES.filter((plane) => needsSupply(settings.planes[plane])).map((plane) => versionOf(settings, plane));
  return [...new Set([...own, ...(upgrade ? [settings.upgrade.from] : [])])];
}

/** What the planes are to be installed from, or upgraded to: the supply's parts with what is the vendor's own. */
export async function istioOf(settings: Settings, supply: Supply): Promise<Installed> {
  const supplied = new Map<string, IstioParts>();
  const parts = async (plane: PlaneName): Promise<IstioParts> => {
    const own = settings.planes[plane];
    const version = versionOf(settings, plane);
    if (!needsSupply(own)) return withVendor(own, version, undefined);
    const known = supplied.get(version) ?? (await supply.istio(version));
    supplied.set(version, known);
    return withVendor(own, version, known);
  };
  return { mesh: await parts('mesh'), gateway: await parts('gateway') };
}

/** What both planes are of before an upgrade: the supply's parts alone. */
export async function istioBefore({ upgrade }: Settings, supply: Supply): Promise<Installed> {
  const parts = await supply.istio(upgrade.from);
  return { mesh: parts, gateway: parts };
}
