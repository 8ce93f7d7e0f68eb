import type { IstioParts } from '../supply/supply.ts';
import { merge } from './distribution.ts';

/** What a vendor's build of a plane has of its own; everything else is as the supply has it. */
export interface VendorPlane {
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
  /** Path of the istioctl that renders the plane. */
  istioctl?: string;
  /** Helm values on top of the distribution's. */
  values?: object;
}

/** Whether anything of the plane is left to come from the supply. */
export const needsSupply = ({ hub, tag, istioctl }: VendorPlane): boolean =>
  hub === undefined || tag === undefined || istioctl === undefined;

/**
 * The parts of a plane with what the vendor has of its own. Images under another name are pulled by the node, and what
 * the supply's images need is not put upon them.
 */
export function withVendor(own: VendorPlane, version: string, supplied: IstioParts | undefined): IstioParts {
  const hub = own.hub ?? supplied?.hub ?? '';
  const tag = own.tag ?? supplied?.tag ?? '';
  const istioctl = own.istioctl ?? supplied?.istioctl ?? '';
  const values = own.values ?? {};
  if (supplied?.hub === hub && supplied.tag === tag) {
    return { ...supplied, istioctl, overlay: merge(supplied.overlay, values) };
  }
  const image = (name: string) => `${hub}/${name}:${tag}`;
  return {
    ...{ version, istioctl, hub, tag },
    archives: [],
    overlay: values,
    components: [
      { name: 'istio', version, image: image('pilot') },
      { name: 'istio-proxy', version, image: image('proxyv2') },
    ],
  };
}
