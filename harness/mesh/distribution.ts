import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { usageFailure } from '../errors.ts';
import { fixture } from '../paths.ts';

export const PLANES = ['mesh', 'gateway'] as const;
export type PlaneName = (typeof PLANES)[number];

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

export interface Distribution {
  name: string;
  /** Do both planes write one root ConfigMap (and fight over it), or has each its own? */
  configMaps: 'shared' | 'separate';
  planes: Record<PlaneName, Plane>;
  /** The ConfigMap with the root that a plane's workloads mount. */
  rootMaps: Record<PlaneName, { namespace: string; name: string }>;
  /** How the distribution's vendor stands to the remedies, one sentence. */
  support: string;
}

const folder = fixture('distributions');

/** Istio's default name; `global.trustBundleName` gives a plane another. */
const SHARED_ROOT_MAP = 'istio-ca-root-cert';

const trustBundleName = (values: { global?: { trustBundleName?: string } } = {}) => values.global?.trustBundleName;

export const distributionNames = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'planes.yaml')
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();

/** The two planes under a distribution, with what the images of each need on top. */
export function loadDistribution(name: string, overlays: Partial<Record<PlaneName, object>> = {}): Distribution {
  if (!distributionNames().includes(name)) {
    throw usageFailure(`Unknown distribution '${name}'.`, { next: `Known are: ${distributionNames().join(', ')}.` });
  }
  const read = (file: string) => parse(readFileSync(fixture('distributions', file), 'utf8')) as object;
  const planes = read('planes.yaml') as Record<PlaneName, Omit<Plane, 'name'>>;
  const own = read(`${name}.yaml`) as {
    configMaps: Distribution['configMaps'];
    planes: Partial<Record<PlaneName, object>>;
    support: string;
  };
  const plane = (which: PlaneName): Plane => ({
    ...planes[which],
    name: which,
    values: merge(merge(planes[which].values, own.planes[which] ?? {}), overlays[which] ?? {}),
  });
  return {
    name,
    configMaps: own.configMaps,
    planes: { mesh: plane('mesh'), gateway: plane('gateway') },
    rootMaps: {
      mesh: { namespace: 'bookinfo', name: SHARED_ROOT_MAP },
      gateway: { namespace: planes.gateway.namespace, name: trustBundleName(own.planes.gateway) ?? SHARED_ROOT_MAP },
    },
    support: own.support,
  };
}

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
