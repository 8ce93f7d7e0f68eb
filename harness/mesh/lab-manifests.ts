import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { parseManifests } from '../kube/apply.ts';
import { fixture } from '../paths.ts';

/** Manifests of fixtures/lab, with `${name}` replaced. */
function labManifests(file: string, values: Record<string, string> = {}): KubernetesObject[] {
  const text = readFileSync(fixture('lab', file), 'utf8').replace(/\$\{([\w-]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`fixtures/lab/${file} wants a value for '${name}'`);
    return value;
  });
  return parseManifests(text);
}

export const namespaces = () => labManifests('namespaces.yaml');
/** A Gateway, its route to Bookinfo, and the way in to it; there is one way in. */
export const gateway = (names: GatewayNames) => labManifests('gateway.yaml', { ...names });
export const strict = () => labManifests('strict.yaml');
export const bookinfo = (images: Record<string, string>) => labManifests('bookinfo.yaml', images);

export interface GatewayNames {
  gateway: string;
  route: string;
  /** Of the plane that serves it. */
  revision: string;
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
