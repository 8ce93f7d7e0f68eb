import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { planeDeployment, planeOf, trustDomains } from './planes.ts';

function deployment(name: string, more: { labels?: object; env?: object; image?: string } = {}): V1Deployment {
  const env = Object.entries(more.env ?? {}).map(([key, value]) => ({ name: key, value: String(value) }));
  const containers = [{ name: 'discovery', image: more.image ?? 'istio/pilot:1.29.1', env }];
  return {
    metadata: { namespace: 'istio-system', name, labels: { app: 'istiod', ...more.labels } },
    spec: { selector: { matchLabels: { app: 'istiod', istio: 'pilot' } }, template: { spec: { containers } } },
  };
}

describe('planeDeployment', () => {
  it('reads a plane without a revision, which its label calls default', () => {
    expect(planeDeployment(deployment('istiod', { labels: { 'istio.io/rev': 'default' } }))).toEqual({
      id: 'istio-system/istiod',
      namespace: 'istio-system',
      revision: '',
      version: '1.29.1',
      serverName: 'istiod.istio-system.svc',
      rootMapName: 'istio-ca-root-cert',
      selector: 'app=istiod,istio=pilot',
      admitsAll: false,
      issues: true,
      signer: undefined,
      keepsOwnCacerts: false,
      meshMap: 'istio',
    });
  });

  it('reads a plane of a revision with a root ConfigMap of its own', () => {
    const labels = { 'istio.io/rev': 'openshift-gateway' };
    const env = { PILOT_CA_CERT_CONFIGMAP: 'openshift-gw-ca-root-cert' };
    expect(planeDeployment(deployment('istiod-openshift-gateway', { labels, env }))).toMatchObject({
      revision: 'openshift-gateway',
      serverName: 'istiod-openshift-gateway.istio-system.svc',
      rootMapName: 'openshift-gw-ca-root-cert',
      meshMap: 'istio-openshift-gateway',
    });
  });

  it('takes the revision from istiod itself where no label tells, the version from a label where no tag does', () => {
    const labels = { 'app.kubernetes.io/version': 'v1.27.3' };
    const image = 'registry.redhat.io/istio-pilot-rhel9@sha256:0123';
    const plane = planeDeployment(deployment('istiod-b', { labels, image, env: { REVISION: 'b' } }));
    expect(plane).toMatchObject({ revision: 'b', version: '1.27.3' });
  });
});

describe('trustDomains', () => {
  it('takes Istio’s defaults where nothing is said', () => {
    const defaults = { trustDomain: 'cluster.local', trustDomainAliases: [], alsoAdmits: [] };
    expect(trustDomains('')).toEqual(defaults);
    expect(trustDomains('rootNamespace: istio-system')).toEqual(defaults);
  });

  it('reads both', () => {
    const mesh = 'trustDomain: prod.example\ntrustDomainAliases: [old.example]\n';
    expect(trustDomains(mesh)).toEqual({
      trustDomain: 'prod.example',
      trustDomainAliases: ['old.example'],
      alsoAdmits: [],
    });
    const others = 'caCertificates: [{ pem: x, trustDomains: [partner.example] }, { pem: y }]\n';
    expect(trustDomains(others).alsoAdmits).toEqual(['partner.example']);
  });
});

describe('planeOf', () => {
  const planes = [
    planeDeployment(deployment('istiod')),
    planeDeployment(deployment('istiod-b', { labels: { 'istio.io/rev': 'b' } })),
  ];
  it.each([
    ['the address it calls', { istiod: 'istiod-b.istio-system.svc', revision: '' }, 'istio-system/istiod-b'],
    [
      'its address with a domain',
      { istiod: 'istiod.istio-system.svc.cluster.local', revision: 'b' },
      'istio-system/istiod',
    ],
    [
      'its revision, where the CA is elsewhere',
      { istiod: 'csr.cert-manager.svc', revision: 'b' },
      'istio-system/istiod-b',
    ],
    ['nothing that is here', { istiod: 'istiod.elsewhere.svc', revision: 'c' }, undefined],
    ['nothing at all', { istiod: undefined, revision: undefined }, undefined],
  ])('tells by %s', (_, proxy, id) => {
    expect(planeOf(proxy, planes)?.id).toBe(id);
  });

  it('does not guess between two planes of one revision', () => {
    const twins = [...planes, { ...planes[0]!, id: 'other/istiod', serverName: 'istiod.other.svc' }];
    expect(planeOf({ istiod: undefined, revision: '' }, twins)).toBeUndefined();
  });
});
