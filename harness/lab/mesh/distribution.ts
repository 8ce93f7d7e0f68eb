import { readdirSync } from 'node:fs';
import Type, { type Static } from 'typebox';
import { usageFailure } from '../../common/errors.ts';
import { ROOT_MAP } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { fixture } from '../../common/paths.ts';
import { label, object, oneOf, text } from '../../common/schema.ts';
import { readYaml } from '../../common/yaml-file.ts';

/** One control plane as it is to be installed. */
export interface Plane {
  name: PlaneName;
  namespace: string;
  /** Empty for the plane that is the cluster's default. */
  revision: string;
  /** Name of istiod's deployment. */
  deployment: string;
  /** Helm values of Istio's charts. */
  values: object;
}

/** What Gateways of the gateway plane name as theirs (Gateway API, GatewayClass). */
export const GATEWAY_CLASS = object({
  name: label('Name of the GatewayClass.'),
  controllerName: Type.String({
    pattern: "^[a-z0-9.-]+/[A-Za-z0-9/._~%!$&'()*+,;=:-]+$",
    description: 'The controller in it, DOMAIN/PATH.',
  }),
});
export type GatewayClass = Static<typeof GATEWAY_CLASS>;

/** What is called otherwise than the distribution has it. */
export interface Names {
  planes?: Record<PlaneName, { namespace?: string; revision?: string }>;
  gatewayClass?: Partial<GatewayClass>;
}

export interface Distribution {
  name: string;
  /** Do both planes write one root ConfigMap (and fight over it), or has each its own? */
  configMaps: 'shared' | 'separate';
  planes: Record<PlaneName, Plane>;
  gatewayClass: GatewayClass;
  /** The ConfigMap with the root that a plane's workloads mount. */
  rootMaps: Record<PlaneName, { namespace: string; name: string }>;
  /** How the distribution's vendor stands to the remedies, one sentence. */
  support: string;
}

const values = (description: string) => Type.Object({}, { description });

const PLANE = object({
  namespace: label('Namespace of its istiod.'),
  revision: Type.String({ description: 'Empty for the plane that is the cluster’s default.' }),
  values: values('Helm values of Istio’s charts.'),
});
/** What both planes are in every distribution. */
const PLANES_FILE = object({ mesh: PLANE, gateway: PLANE, gatewayClass: GATEWAY_CLASS });
/** What a distribution has otherwise. */
const DISTRIBUTION_FILE = object({
  name: text(),
  configMaps: oneOf(['shared', 'separate']),
  planes: object({
    mesh: Type.Optional(values('Helm values on top.')),
    gateway: Type.Optional(values('Helm values on top.')),
  }),
  support: text('How the vendor stands to the remedies, one sentence.'),
});

const folder = fixture('distributions');

const trustBundleName = (values: { global?: { trustBundleName?: string } } = {}) => values.global?.trustBundleName;

export const distributionNames = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'planes.yaml')
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();

export interface PlaneOptions {
  /** Helm values that the images of each plane need on top. */
  overlays?: Partial<Record<PlaneName, object>>;
  names?: Names;
}

/** The two planes under a distribution. */
export function loadDistribution(name: string, { overlays = {}, names = {} }: PlaneOptions = {}): Distribution {
  if (!distributionNames().includes(name)) {
    throw usageFailure(`Unknown distribution '${name}'.`, { next: `Known are: ${distributionNames().join(', ')}.` });
  }
  const planes = readYaml(fixture('distributions', 'planes.yaml'), PLANES_FILE);
  const own = readYaml(fixture('distributions', `${name}.yaml`), DISTRIBUTION_FILE);
  const gatewayClass = { ...planes.gatewayClass, ...names.gatewayClass };
  const served = { mesh: {}, gateway: valuesFor(gatewayClass) };
  const plane = (which: PlaneName): Plane => {
    const { namespace, revision } = { ...planes[which], ...names.planes?.[which] };
    const values = [served[which], own.planes[which] ?? {}, overlays[which] ?? {}].reduce(merge, planes[which].values);
    return { name: which, namespace, revision, deployment: istiodName(revision), values };
  };
  const [mesh, gateway] = [plane('mesh'), plane('gateway')];
  if (mesh.namespace === gateway.namespace) {
    throw usageFailure(`Both planes are to be in the namespace '${mesh.namespace}'.`, {
      next: 'Give each one of its own (planes.mesh.namespace, planes.gateway.namespace): there they find their CA.',
    });
  }
  return {
    name,
    configMaps: own.configMaps,
    planes: { mesh, gateway },
    gatewayClass,
    rootMaps: {
      mesh: { namespace: 'bookinfo', name: ROOT_MAP },
      gateway: { namespace: gateway.namespace, name: trustBundleName(own.planes.gateway) ?? ROOT_MAP },
    },
    support: own.support,
  };
}

/** Istio's charts name istiod's deployment after the revision. */
export const istiodName = (revision: string) => ['istiod', revision].filter((word) => word !== '').join('-');

/** What has a plane serve the Gateways of a class. */
const valuesFor = ({ name, controllerName }: GatewayClass) => ({
  pilot: {
    env: {
      PILOT_GATEWAY_API_DEFAULT_GATEWAYCLASS_NAME: name,
      PILOT_GATEWAY_API_CONTROLLER_NAME: controllerName,
    },
  },
});

/** Deep merge of plain objects, the later one wins; lists are replaced, as Helm does it. */
export function merge(base: object, over: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over) as [string, unknown][]) {
    const before = result[key];
    result[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return result;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
