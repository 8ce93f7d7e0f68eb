import { VERSIONS } from '../versions.ts';
import type { GoPart } from './go.ts';

/** Kubernetes, CoreDNS, Helm and this suite's own version of Istio: one module, since most of their libraries are shared. */
export const PLATFORM: GoPart = {
  name: 'platform',
  packages: [
    './kube',
    './coredns',
    'istio.io/istio/istioctl/cmd/istioctl',
    'istio.io/istio/pilot/cmd/pilot-agent',
    'istio.io/istio/pilot/cmd/pilot-discovery',
    'helm.sh/helm/v3/cmd/helm',
  ],
  variables: {
    'istio.io/istio/pkg/version.buildVersion': VERSIONS.istio,
    'istio.io/istio/pkg/version.buildTag': VERSIONS.istio,
    'k8s.io/component-base/version.gitVersion': `v${VERSIONS.kubernetes}`,
  },
};
