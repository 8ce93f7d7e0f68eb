import { ISTIO_PROXY } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { SuppliedIstio } from '../../supply/supply.ts';
import { merge } from './distribution.ts';
import type { IstioParts, VendorPlane } from './installers/installer.ts';
import { installerOf } from './installers/installers.ts';

/** Whether anything of the plane is left to come from the supply. */
export function needsSupply(own: VendorPlane): boolean {
  const installer = installerOf(own);
  return installer.needsTools(own) || (installer.namesImages && (own.hub === undefined || own.tag === undefined));
}

/**
 * The parts of a plane with what the vendor has of its own. Images under another name are pulled by the node, and what
 * the supply's images need is not put upon them. Fails, exit code 2, where the installer lacks something.
 */
export function withVendor(
  plane: PlaneName,
  own: VendorPlane,
  version: string,
  supplied: SuppliedIstio | undefined,
): IstioParts {
  const { namesImages, ...kind } = installerOf(own);
  const installer = kind.open(plane, own, supplied);
  const hub = own.hub ?? supplied?.hub ?? '';
  const tag = own.tag ?? supplied?.tag ?? '';
  const values = own.values ?? {};
  if (supplied?.hub === hub && supplied.tag === tag) {
    const { archives, overlay, components } = supplied;
    return { version: supplied.version, installer, hub, tag, archives, overlay: merge(overlay, values), components };
  }
  const image = (name: string) => `${hub}/${name}:${tag}`;
  return {
    ...{ version, installer, hub, tag },
    archives: [],
    overlay: values,
    // What an operator chooses is known when it has done so.
    components: !namesImages
      ? []
      : [
          { name: 'istio', version, image: image('pilot') },
          { name: ISTIO_PROXY, version, image: image('proxyv2') },
        ],
  };
}
