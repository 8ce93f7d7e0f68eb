import { merge, type Plane } from '../distribution.ts';

/** Small enough for two planes and nine proxies on a laptop, whatever the charts ask for by default. */
const LAB_VALUES = {
  global: {
    defaultPodDisruptionBudget: { enabled: false },
    proxy: { resources: { requests: { cpu: '10m', memory: '40Mi' } } },
    proxy_init: { resources: { requests: { cpu: '10m', memory: '10Mi' } } },
  },
  pilot: { autoscaleEnabled: false, resources: { requests: { cpu: '50m', memory: '128Mi' } } },
};

/** Helm values of a plane, whoever installs it; revision and images are for the installer to add. */
export const planeValues = ({ namespace, values }: Plane): object =>
  merge(merge(LAB_VALUES, { global: { istioNamespace: namespace } }), values);
