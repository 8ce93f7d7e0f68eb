import type { Settings } from './config/settings.ts';
import { merge } from '../lab/mesh/distribution.ts';
import { type Pulling, pullValues } from '../lab/mesh/pulling.ts';
import { type PlaneName, PLANES } from '../observations/planes.ts';
import type { IstioParts } from '../lab/mesh/installers/installer.ts';
import { secretsIn } from '../supply/registry-login.ts';

type Installed = Record<PlaneName, IstioParts>;

/** The credentials that the settings have images pulled with. */
export function pullingOf({ registry, planes }: Settings, istio: Installed): Pulling {
  const ofPlanes = PLANES.flatMap((plane) => {
    const config = planes[plane].pullSecret;
    return config === undefined ? [] : [[plane, { config, prefix: istio[plane].hub }] as const];
  });
  return {
    ...(registry?.config === undefined ? {} : { lab: { config: registry.config, prefix: registry.pull } }),
    planes: Object.fromEntries(ofPlanes),
  };
}

/** Planes whose pods pull with their credentials, and with those of the lab. */
export const withPulling = ({ mesh, gateway }: Installed, pulling: Pulling): Installed => ({
  mesh: { ...mesh, overlay: merge(mesh.overlay, pullValues(pulling, 'mesh')) },
  gateway: { ...gateway, overlay: merge(gateway.overlay, pullValues(pulling, 'gateway')) },
});

/** What can be searched for: a shorter password is in every other word, and its `auth` is longer. */
export const FINDABLE = 8;

/** Everything secret in the credentials that the settings name. Fails, exit code 2, where a file is not one of them. */
export const pullSecretsOf = ({ registry, planes }: Settings): string[] =>
  [registry?.config, ...PLANES.map((plane) => planes[plane].pullSecret)]
    .filter((file) => file !== undefined)
    .flatMap(secretsIn)
    .filter(({ length }) => length >= FINDABLE);
