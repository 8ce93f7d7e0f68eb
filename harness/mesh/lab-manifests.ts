import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { parseManifests } from '../kube/apply.ts';
import { fixture } from '../paths.ts';
import type { Distribution, Plane } from './distribution.ts';

/** Manifests of fixtures/lab, with `${name}` replaced. */
function labManifests(file: string, values: Record<string, string> = {}): KubernetesObject[] {
  const text = readFileSync(fixture('lab', file), 'utf8').replace(/\$\{([\w-]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`fixtures/lab/${file} wants a value for '${name}'`);
    return value;
  });
  return parseManifests(text);
}

export const namespaces = ({ planes: { mesh, gateway: gatewayPlane } }: Distribution) =>
  labManifests('namespaces.yaml', {
    mesh: mesh.namespace,
    gateway: gatewayPlane.namespace,
    revision: revisionLabel(mesh),
  });
/** What the label istio.io/rev says of a plane: the one without a revision is the cluster's default. */
export const revisionLabel = ({ revision }: Plane) => (revision === '' ? 'default' : revision);
/** A Gateway, its route to Bookinfo, and the way in to it; there is one way in. */
export const gateway = (names: GatewayNames) => labManifests('gateway.yaml', { ...names });
export const strict = ({ planes }: Distribution) => labManifests('strict.yaml', { namespace: planes.mesh.namespace });
export const bookinfo = (images: Record<string, string>) => labManifests('bookinfo.yaml', images);

export interface GatewayNames {
  gateway: string;
  route: string;
  /** Of the plane that serves it. */
  namespace: string;
  revision: string;
  className: string;
  controllerName: string;
  /** Host name of Bookinfo, and the wildcard that it falls under. */
  host: string;
  domain: string;
}

/** Node ports that the lab publishes on 127.0.0.1. */
export const NODE_PORTS = { gateway: 30080, outside: 30081, inside: 30082 } as const;

/** The probe pods, one inside the mesh and one outside it, and their program. */
export function probes(image: string): KubernetesObject[] {
  const program = readFileSync(fixture('lab', 'probe.cjs'), 'utf8');
  return (['outside', 'inside'] as const).flatMap((place) => {
    const namespace = `probe-${place}`;
    return [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', namespace }, data: { 'probe.cjs': program } },
      ...labManifests('probe.yaml', { namespace, nodePort: String(NODE_PORTS[place]), image }),
    ];
  });
}
