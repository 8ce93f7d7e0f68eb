import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labFailure } from '../../common/errors.ts';
import { type ClusterAccess, connect } from '../../cluster/access.ts';
import type { DeploymentRef } from '../../cluster/kube/rollout.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { ledgerInCluster, ledgerOfOwn } from '../../cluster/ownership/ledger.ts';
import type { Proprietor } from '../../cluster/ownership/objects.ts';
import { workFolder } from '../../cluster/state/runs.ts';
import { workloadIdentity } from '../../verdict/trust/spiffe.ts';
import type { Component, Tools } from '../../supply/supply.ts';
import type { IstioParts } from './installers/installer.ts';
import type { Distribution, Plane } from './distribution.ts';
import type { Exposure, GatewayNames } from './lab-manifests.ts';

/** What another process needs to work with a lab that is up, private to the user; the kubeconfig is a path. */
export interface LabDescription {
  runId: string;
  /** Is the cluster somebody's? */
  isGuest: boolean;
  /** Identities of what was there before and is used as it is. */
  shared: readonly string[];
  access: Pick<ClusterAccess, 'kubeconfig' | 'context'>;
  distribution: Distribution;
  /** What each plane was installed from. */
  istio: Record<PlaneName, IstioParts>;
  /** What each plane can be upgraded to; its images are in the nodes. */
  next?: Record<PlaneName, IstioParts>;
  /** Where it is entered. */
  addresses: { gateway: Address };
  /** What its probes want to hear before they connect to anything. */
  probeToken: string;
  /** How the gateway's way in is published. */
  wayIn: Exposure;
  host: string;
  kubernetesVersion: string;
  nodes: number;
  /** Requests that an upgrade may lose. */
  lossBudget: number;
  components: Component[];
  tools: Tools;
  /** Image archives that the nodes have imported. */
  archives: string[];
}

/** A TCP address that this machine reaches. */
export interface Address {
  host: string;
  port: number;
}

/** URL of what speaks HTTP there. */
export const originOf = ({ host, port }: Address): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A lab that is up: both planes, the gateway, Bookinfo and the probes. */
export interface Lab extends LabDescription, Proprietor {
  /** The deployment of the Gateway. */
  gateway: DeploymentRef;
}

/** Trust domain of both planes: the charts' default, which OpenShift keeps. */
export const TRUST_DOMAIN = 'cluster.local';

export const BOOKINFO: readonly DeploymentRef[] = [
  ...['productpage-v1', 'details-v1', 'ratings-v1', 'reviews-v1', 'reviews-v2', 'reviews-v3'],
].map((name) => ({ namespace: 'bookinfo', name }));
export const INSIDE_PROBE: DeploymentRef = { namespace: 'probe-inside', name: 'probe' };
export const OUTSIDE_PROBE: DeploymentRef = { namespace: 'probe-outside', name: 'probe' };
/** Namespaces whose pods the mesh plane's proxies are in. */
export const MESH_NAMESPACES = ['bookinfo', INSIDE_PROBE.namespace];
/** Name of the Gateway. */
const GATEWAY_NAME = 'mesh-gateway';

/** Istio names it after the Gateway and its class. */
export const deploymentOfGateway = ({ planes, gatewayClass }: Distribution, gateway = GATEWAY_NAME): DeploymentRef => ({
  namespace: planes.gateway.namespace,
  name: `${gateway}-${gatewayClass.name}`,
});

/** SPIFFE ID of the lab's gateway: Istio has it run as a service account of its deployment's name. */
export const identityOfGateway = ({ gateway: { namespace, name } }: Pick<Lab, 'gateway'>): string =>
  workloadIdentity({ trustDomain: TRUST_DOMAIN, namespace, serviceAccount: name });

/** Every deployment that each lab has. */
export const deploymentsOf = (distribution: Distribution): DeploymentRef[] => [
  ...Object.values(distribution.planes).map(istiodOf),
  deploymentOfGateway(distribution),
  ...[...BOOKINFO, INSIDE_PROBE, OUTSIDE_PROBE],
];

/** The lab's Gateway and route, as its gateway plane serves them. */
export const gatewayOf = ({
  distribution,
  host,
  wayIn,
}: Pick<Lab, 'distribution' | 'host' | 'wayIn'>): GatewayNames => ({
  gateway: GATEWAY_NAME,
  route: 'bookinfo',
  namespace: distribution.planes.gateway.namespace,
  revision: distribution.planes.gateway.revision,
  className: distribution.gatewayClass.name,
  controllerName: distribution.gatewayClass.controllerName,
  host,
  domain: host.replace(/^[^.]+/, '*'),
  wayIn,
});

/** The deployment of a plane's istiod. */
export const istiodOf = ({ namespace, deployment }: Plane): DeploymentRef => ({ namespace, name: deployment });

/** The Helm values that the images of each plane need. */
export const overlaysOf = ({ mesh, gateway }: Record<PlaneName, IstioParts>): Record<PlaneName, object> => ({
  mesh: mesh.overlay,
  gateway: gateway.overlay,
});

const file = (runId: string) => join(workFolder(runId), 'lab.json');

export function saveLab(description: LabDescription): string {
  const path = file(description.runId);
  writeFileSync(path, JSON.stringify(description), { mode: 0o600 });
  return path;
}

/** Attaches to a lab that another process has brought up, by the path that {@link saveLab} gave. */
export function attachLab(path: string): Lab {
  let description: LabDescription;
  try {
    description = JSON.parse(readFileSync(path, 'utf8')) as LabDescription;
  } catch (error) {
    throw labFailure(`There is no lab described at ${path}.`, {
      next: 'Bring one up with `npm run meshtrust -- up`.',
      cause: error,
    });
  }
  const { access, runId, isGuest } = description;
  const kube = connect(access);
  return {
    ...description,
    kube,
    ledger: isGuest ? ledgerInCluster(kube, runId) : ledgerOfOwn(runId),
    gateway: deploymentOfGateway(description.distribution),
  };
}
