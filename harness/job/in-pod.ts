import { join } from 'node:path';
import type { Settings } from '../plan/config/settings.ts';
import type { VendorPlane } from '../lab/mesh/installers/installer.ts';
import { type PlaneName, PLANES } from '../observations/planes.ts';
import type { SupplyKind } from '../supply/supply.ts';

/** The bundle of parts in the Job's image. */
const PARTS = '/opt/parts';
/** The service account of the pod, as the Kubernetes client calls it. */
const CONTEXT = 'inClusterContext';
/** Credentials for images, as in every Secret of type kubernetes.io/dockerconfigjson. */
const CONFIG = '.dockerconfigjson';

/** Credentials that the Job's pods get by way of a Secret, which its user makes: they are in no manifest. */
export interface JobSecret {
  name: string;
  /** The docker config.json on this machine. */
  file: string;
  /** Where pods find the Secret. */
  mountPath: string;
}

const secretFor = (what: string, file: string): JobSecret => {
  const name = `meshtrust-registry${what}`;
  return { name, file, mountPath: `/etc/meshtrust/${name}` };
};

/** The Secret that the Job's own image is pulled with, and the lab's. */
export const registrySecret = ({ registry }: Settings): JobSecret | undefined =>
  registry?.config === undefined ? undefined : secretFor('', registry.config);

/** All Secrets of a Job with these settings. */
export const jobSecrets = (settings: Settings): JobSecret[] => [
  ...[registrySecret(settings) ?? []].flat(),
  ...PLANES.flatMap((plane) => {
    const { pullSecret } = settings.planes[plane];
    return pullSecret === undefined ? [] : [secretFor(`-${plane}`, pullSecret)];
  }),
];

/** What a plane is installed with, if it is the vendor's own: files, and a folder of charts. */
const TOOLS = ['istioctl', 'helm', 'charts'] as const;

/** Where a plane's own tools are in a bundle. */
const toolsIn = (bundle: string, plane: PlaneName, own: VendorPlane) =>
  TOOLS.flatMap((tool) => {
    const from = own[tool];
    return from === undefined ? [] : [{ tool, from, to: join(bundle, 'planes', plane, tool) }];
  });

/** Files and folders of the settings that go into the image: on this machine, and in its bundle of parts. */
export const bundledTools = ({ planes }: Settings, bundle: string): { from: string; to: string }[] =>
  PLANES.flatMap((plane) => toolsIn(bundle, plane, planes[plane]));

/** The settings as a pod of the Job is to have them: its own cluster, parts from its image, files where they are there. */
export function settingsInPod(settings: Settings, kind: SupplyKind): Partial<Settings> {
  // What is of this machine alone stays here; everything else goes along, whatever settings there will be.
  const { registry, keep: _keep, out: _out, ports: _ports, k3d: _k3d, ...rest } = settings;
  const { planes } = settings;
  const { wayIn } = settings.kubeconfig;
  const config = ({ mountPath }: JobSecret) => join(mountPath, CONFIG);
  const own = registrySecret(settings);
  const plane = (name: PlaneName): VendorPlane => {
    const { pullSecret, ...others } = planes[name];
    return {
      ...others,
      ...(pullSecret === undefined ? {} : { pullSecret: config(secretFor(`-${name}`, pullSecret)) }),
      ...Object.fromEntries(toolsIn(PARTS, name, others).map(({ tool, to }) => [tool, to])),
    };
  };
  return {
    ...rest,
    ...{ cluster: 'kubeconfig', supply: kind, bundle: PARTS },
    // From a pod that works in every cluster, whatever its network.
    kubeconfig: { context: CONTEXT, wayIn: wayIn === 'auto' ? 'port-forward' : wayIn },
    planes: { mesh: plane('mesh'), gateway: plane('gateway') },
    // Nothing is pushed from there.
    ...(registry === undefined
      ? {}
      : { registry: { ...registry, push: registry.pull, ...(own === undefined ? {} : { config: config(own) }) } }),
  };
}
