import type { KubernetesObject } from '@kubernetes/client-node';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import type { Distribution } from './distribution.ts';
import { MESH_NAMESPACES, OUTSIDE_PROBE } from './lab.ts';
import { pullSecret } from './pull-secret.ts';

/** Credentials for pulling images. */
export interface PullAccess {
  /** Path of a docker config.json. */
  config: string;
  /** Prefix of the images they are for. */
  prefix: string;
}

/** The credentials that a lab's images are pulled with, as far as they need any. */
export interface Pulling {
  /** Of everything in the lab. */
  lab?: PullAccess;
  /** Of a vendor's planes. */
  planes: Partial<Record<PlaneName, PullAccess>>;
}

const LAB_SECRET = 'meshtrust-pull';
const planeSecret = (plane: PlaneName) => `${LAB_SECRET}-${plane}`;

/** Namespaces whose pods run images of a plane: istiod's and those of its proxies. */
const namespacesOf = ({ planes }: Distribution, plane: PlaneName): string[] => [
  planes[plane].namespace,
  ...(plane === 'mesh' ? MESH_NAMESPACES : []),
];

/** The pull Secrets of a lab. Fails, exit code 2, for a file that has not what is needed. */
export function pullSecrets({ lab, planes }: Pulling, distribution: Distribution): KubernetesObject[] {
  const everywhere = [...PLANES.flatMap((plane) => namespacesOf(distribution, plane)), OUTSIDE_PROBE.namespace];
  const ofLab = lab === undefined ? [] : everywhere.map((namespace) => labPullSecret(lab, namespace));
  const ofPlanes = PLANES.flatMap((plane) => {
    const access = planes[plane];
    if (access === undefined) return [];
    const { config, prefix } = access;
    return namespacesOf(distribution, plane).map((namespace) =>
      pullSecret(planeSecret(plane), namespace, config, prefix),
    );
  });
  return [...ofLab, ...ofPlanes];
}

/** The Secret that pods of another namespace pull the lab's images with. */
export const labPullSecret = ({ config, prefix }: PullAccess, namespace: string): KubernetesObject =>
  pullSecret(LAB_SECRET, namespace, config, prefix);

/** Helm values that have a plane's pods, and those it injects into, pull with the credentials. */
export function pullValues({ lab, planes }: Pulling, plane: PlaneName): object {
  const names = [
    ...(lab === undefined ? [] : [LAB_SECRET]),
    ...(planes[plane] === undefined ? [] : [planeSecret(plane)]),
  ];
  return names.length === 0 ? {} : { global: { imagePullSecrets: names } };
}

interface Workload extends KubernetesObject {
  spec?: { template?: { spec?: object } };
}

/** Workloads among the objects pull with the lab's credentials, if it has any. */
export function pullingWith(lab: PullAccess | undefined, objects: KubernetesObject[]): KubernetesObject[] {
  if (lab === undefined) return objects;
  return objects.map((object) => {
    const { spec } = object as Workload;
    if (spec?.template?.spec === undefined) return object;
    const pod = { ...spec.template.spec, imagePullSecrets: [{ name: LAB_SECRET }] };
    return { ...object, spec: { ...spec, template: { ...spec.template, spec: pod } } } as KubernetesObject;
  });
}
