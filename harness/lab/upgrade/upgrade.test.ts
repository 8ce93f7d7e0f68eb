import type { KubernetesObject } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { loadDistribution } from '../mesh/distribution.ts';
import { gatewayOf } from '../mesh/lab.ts';
import { gateway } from '../mesh/lab-manifests.ts';
import { canaryGatewayOf, canaryOf } from './canary.ts';
import { goneWith } from './in-place.ts';

const distribution = loadDistribution('openshift-4.22');
const { planes } = distribution;

describe('a canary', () => {
  it('has a revision of its own, and the deployment that Istio’s charts name after it', () => {
    expect(canaryOf(planes.mesh)).toMatchObject({ revision: 'canary', deployment: 'istiod-canary' });
    expect(canaryOf(planes.gateway)).toMatchObject({
      namespace: 'openshift-ingress',
      revision: 'openshift-gateway-canary',
      deployment: 'istiod-openshift-gateway-canary',
    });
  });

  it('shares neither Gateway nor route with the plane it replaces, but the way in', () => {
    const names = (objects: KubernetesObject[]) =>
      objects.map(({ kind, metadata }) => `${kind ?? ''} ${metadata?.name ?? ''}`);
    const lab = { distribution, host: 'bookinfo.gwapi.example.com', wayIn: { type: 'NodePort' as const } };
    const former = names(gateway(gatewayOf(lab)));
    const next = names(gateway(canaryGatewayOf(lab, canaryOf(planes.gateway))));
    expect(former.filter((name) => next.includes(name))).toEqual([
      'GatewayClass openshift-default',
      'Service mesh-gateway-lab',
    ]);
  });
});

describe('what goes with the former version', () => {
  const object = (apiVersion: string, kind: string, name: string): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name },
  });

  it('is what the next one has not, whatever version of the API it is written in', () => {
    const webhook = 'ValidatingWebhookConfiguration';
    const former = [
      object('v1', 'Service', 'istiod'),
      object('policy/v1beta1', 'PodDisruptionBudget', 'istiod'),
      object('admissionregistration.k8s.io/v1', webhook, 'istiod'),
    ];
    const current = [object('policy/v1', 'PodDisruptionBudget', 'istiod'), object('v1', 'ConfigMap', 'istiod')];
    expect(goneWith(former, current)).toEqual([former[0], former[2]]);
  });

  it('is never a CRD', () => {
    const crd = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gateways.networking.istio.io');
    expect(goneWith([crd], [])).toEqual([]);
  });
});
