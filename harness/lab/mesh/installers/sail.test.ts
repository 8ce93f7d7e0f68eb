import { describe, expect, it } from 'vitest';
import type { IstioParts } from './installer.ts';
import { loadDistribution } from '../distribution.ts';
import { renderPlane } from './installers.ts';
import { sailCni } from './sail.ts';

const { planes } = loadDistribution('openshift-4.22');
const PARTS: IstioParts = {
  version: '1.28.5',
  installer: { kind: 'sail' },
  hub: '',
  tag: '',
  archives: [],
  overlay: {},
  components: [],
};
/** What every plane of a lab asks for, so that it fits on a laptop. */
const SMALL = {
  global: {
    defaultPodDisruptionBudget: { enabled: false },
    proxy: { resources: { requests: { cpu: '10m', memory: '40Mi' } } },
    proxy_init: { resources: { requests: { cpu: '10m', memory: '10Mi' } } },
  },
  pilot: { autoscaleEnabled: false, resources: { requests: { cpu: '50m', memory: '128Mi' } } },
};

describe('the resource for the Sail operator', () => {
  it('is for the mesh plane the Istio that Red Hat’s article shows, with the lab’s access log and sizes', async () => {
    const [resource, ...more] = await renderPlane(planes.mesh, PARTS);
    expect(more).toEqual([]);
    expect(resource).toEqual({
      apiVersion: 'sailoperator.io/v1',
      kind: 'Istio',
      metadata: { name: 'default' },
      spec: {
        version: 'v1.28.5',
        namespace: 'istio-system',
        updateStrategy: { type: 'InPlace' },
        values: {
          ...SMALL,
          global: { ...SMALL.global, istioNamespace: 'istio-system' },
          meshConfig: {
            discoverySelectors: [{ matchLabels: { 'istio-discovery': 'default' } }],
            outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
            accessLogFile: '/dev/stdout',
            accessLogEncoding: 'JSON',
            accessLogFormat: expect.stringContaining('%DOWNSTREAM_PEER_URI_SAN%') as string,
          },
        },
      },
    });
  });

  it('is named after the revision of any other plane, which gives istiod’s deployment its name', async () => {
    const [resource] = await renderPlane(planes.gateway, PARTS);
    expect(resource).toMatchObject({
      metadata: { name: 'openshift-gateway' },
      spec: { namespace: 'openshift-ingress', values: { global: { trustBundleName: 'openshift-gw-ca-root-cert' } } },
    });
    expect(planes.gateway.deployment).toBe('istiod-openshift-gateway');
  });

  it('names images only where they are the vendor’s', async () => {
    const [resource] = await renderPlane(planes.mesh, { ...PARTS, hub: 'registry.vendor.test/mesh', tag: '3.2.0' });
    expect(resource).toMatchObject({
      spec: { values: { global: { hub: 'registry.vendor.test/mesh', tag: '3.2.0' } } },
    });
  });
});

it('renders the CNI plug-in as the article does, of the mesh’s version', () => {
  expect(sailCni(PARTS)).toEqual([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-cni' } },
    {
      apiVersion: 'sailoperator.io/v1',
      kind: 'IstioCNI',
      metadata: { name: 'default' },
      spec: { version: 'v1.28.5', namespace: 'istio-cni', profile: 'openshift' },
    },
  ]);
});

it('renders nothing of a plane that is there', async () => {
  expect(await renderPlane(planes.gateway, { ...PARTS, installer: { kind: 'preinstalled' } })).toEqual([]);
});
