import { ISTIO_PROXY } from '../observations/istio.ts';
import type { PlaneName } from '../observations/planes.ts';
import type { IstioParts, SuppliedIstio } from '../supply/supply.ts';
import { merge } from './distribution.ts';
import { installerOf, type InstallerSettings, namesImages, needsTools } from './installers/choose.ts';

/** What a vendor's build of a plane has of its own; everything else is as the supply has it. */
export interface VendorPlane extends InstallerSettings {
  /** Namespace and revision, where they are not as the distribution has them. */
  namespace?: string;
  revision?: string;
  /** Version of Istio; of a vendor's own build for the report, and for the supply whatever else is to come from it. */
  version?: string;
  /** Registry prefix and tag of `pilot` and `proxyv2`. */
  hub?: string;
  tag?: string;
  /** Path of a docker config.json with the credentials that its images are pulled with. */
  pullSecret?: string;
  /** Helm values on top of the distribution's. */
  values?: object;
}

/** Whether anything of the plane is left to come from the supply. */
export const needsSupply = (own: VendorPlane): boolean =>
  needsTools(own) || (namesImages(own) && (own.hub === undefined || own.tag === undefined));

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
  const installer = installerOf(plane, own, supplied);
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
    components: !namesImages(own)
      ? []
      : [
          { name: 'istio', version, image: image('pilot') },
          { name: ISTIO_PROXY, version, image: image('proxyv2') },
        ],
  };
}
