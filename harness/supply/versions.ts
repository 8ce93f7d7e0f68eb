/** The versions this suite is built and pinned for. What `source` can serve is what the package registries hold. */
export const VERSIONS = {
  istio: '1.29.1',
  /** Where upgrades to it start. */
  upgradeFrom: '1.28.2',
  /** Stock Envoy of the release line Istio 1.29 builds its proxy from. */
  envoy: '1.37.0',
  kubernetes: '1.35.4',
  coredns: '1.13.1',
  k3d: '5.8.3',
  /** The version Istio 1.29 pins. */
  gatewayApi: '1.4.0',
  /** The last one whose programs are in its root Go module; with a registry, one that knows this Kubernetes. */
  certManager: { source: '1.11.5', registry: '1.19.1' },
  helm: '3.18.6',
  /** Bookinfo's own images; `source` runs the build in fixtures/bookinfo. */
  bookinfo: '1.20.3',
  k3s: 'v1.35.4-k3s1',
} as const;
