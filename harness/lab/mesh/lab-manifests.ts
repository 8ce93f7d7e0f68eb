import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { defined } from '../../common/defined.ts';
import { fillIn, parseManifests } from '../../cluster/kube/manifests.ts';
import { fixture } from '../../common/paths.ts';
import type { Distribution, Plane } from './distribution.ts';

/** Manifests of fixtures/lab, with `${name}` replaced. */
function labManifests(file: string, values: Record<string, string> = {}): KubernetesObject[] {
  return parseManifests(fillIn(readFileSync(fixture('lab', file), 'utf8'), values));
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
export const gateway = ({ wayIn, ...names }: GatewayNames) => exposed(labManifests('gateway.yaml', names), wayIn);
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
  wayIn: Exposure;
}

/** How a Service is reached from outside of the cluster (Kubernetes, «Publishing Services»). */
export interface Exposure {
  type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** Chosen by the cluster unless given. */
  nodePort?: number;
}

/** The Service by which a lab is entered from the machine; its probes are by port-forwards alone. */
export const wayInService = ({ planes }: Distribution): { namespace: string; name: string } => ({
  namespace: planes.gateway.namespace,
  name: 'mesh-gateway-lab',
});

interface ServiceObject extends KubernetesObject {
  spec: { type?: string; ports: { nodePort?: number }[] };
}

/** The Services among the objects, reached in this way; each has one port. */
const exposed = (objects: KubernetesObject[], { type, nodePort }: Exposure): KubernetesObject[] =>
  objects.map((object) => {
    if (object.kind !== 'Service') return object;
    const service = object as ServiceObject;
    const ports = service.spec.ports.map((port) => ({ ...port, ...defined({ nodePort }) }));
    return { ...service, spec: { ...service.spec, type, ports } };
  });

/** The probe pods, one inside the mesh and one outside it, their program, and the token that they want to hear. */
export function probes(image: string, token: string): KubernetesObject[] {
  const program = readFileSync(fixture('lab', 'probe.cjs'), 'utf8');
  return (['outside', 'inside'] as const).flatMap((place) => {
    const namespace = `probe-${place}`;
    return [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', namespace }, data: { 'probe.cjs': program } },
      ...labManifests('probe.yaml', { namespace, image, token }),
    ];
  });
}
