import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { isLive, isUnknownProxy, isZtunnel, notServing, proxyPod as proxyPodAt, versionOf } from './proxy-pods.ts';

const proxyPod = (of: V1Pod) => proxyPodAt(of, new Date('2026-11-27T00:00:00Z'));

const pod = (proxy: Partial<V1Container>, more: Partial<V1Pod> = {}): V1Pod => ({
  metadata: { namespace: 'shop', name: 'cart-7d9', labels: { app: 'cart' } },
  spec: {
    serviceAccountName: 'cart',
    containers: [
      { name: 'cart', ports: [{ containerPort: 8080 }] },
      { name: 'istio-proxy', ...proxy },
    ],
    volumes: [{ name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } }],
  },
  status: { phase: 'Running', podIP: '10.1.2.3', conditions: [{ type: 'Ready', status: 'True' }] },
  ...more,
});
const gatewayPod = (labels: Record<string, string>) => pod({ args: ['proxy', 'router'] }, { metadata: { labels } });
const STATUS = { image: '', imageID: '', ready: false, restartCount: 0 };
const env = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));

describe('a proxy in a pod', () => {
  it('is read whole', () => {
    const image = 'registry:5000/istio/proxyv2:1.29.1-distroless';
    const args = ['proxy', 'sidecar'];
    expect(proxyPod(pod({ image, args, env: env({ CA_ADDR: 'istiod.istio-system.svc:15012' }) }))).toEqual({
      id: 'shop/cart-7d9',
      namespace: 'shop',
      name: 'cart-7d9',
      app: 'cart',
      kind: 'sidecar',
      serves: true,
      serviceAccount: 'cart',
      version: '1.29.1',
      istiod: 'istiod.istio-system.svc',
      revision: undefined,
      rootMap: 'istio-ca-root-cert',
      ca: 'istiod.istio-system.svc',
      adminPort: 15000,
      podIp: '10.1.2.3',
      appPort: 8080,
      notServing: undefined,
      isRunning: true,
      isStarting: false,
    });
  });

  it('may be a native sidecar, among the init containers', () => {
    const containers = [{ name: 'cart' }];
    const initContainers = [{ name: 'istio-proxy', restartPolicy: 'Always' }];
    expect(proxyPod(pod({}, { spec: { containers, initContainers } }))?.kind).toBe('sidecar');
  });

  it('is none without a container of its name, nor in a ztunnel', () => {
    expect(proxyPod(pod({}, { spec: { containers: [{ name: 'cart' }] } }))).toBeUndefined();
    expect(proxyPod(pod({ args: ['proxy', 'ztunnel'] }))).toBeUndefined();
    expect(isZtunnel(pod({ args: ['proxy', 'ztunnel'] }))).toBe(true);
  });

  it.each([
    ['a router', pod({ args: ['proxy', 'router'] }), 'gateway'],
    ['a waypoint', pod({ args: ['proxy', 'waypoint'] }), 'waypoint'],
    [
      'a pod of a Gateway',
      pod({}, { metadata: { labels: { 'gateway.networking.k8s.io/gateway-name': 'g' } } }),
      'gateway',
    ],
    ['a gateway put up by hand', pod({}, { metadata: { labels: { 'istio.io/gateway-name': 'g' } } }), 'gateway'],
    ['anything else', pod({}), 'sidecar'],
  ])('%s is a gateway, a waypoint or a sidecar', (_, one, kind) => {
    expect(proxyPod(one)?.kind).toBe(kind);
  });

  it.each([
    ['a sidecar', pod({}), true],
    ['a waypoint', pod({ args: ['proxy', 'waypoint'] }), true],
    ['an ingress gateway', gatewayPod({ istio: 'ingressgateway' }), false],
    ['an egress gateway', gatewayPod({ istio: 'egressgateway' }), true],
    ['an east-west gateway', gatewayPod({ istio: 'eastwestgateway' }), true],
    ['a gateway of another network', gatewayPod({ 'topology.istio.io/network': 'west' }), true],
  ])('%s serves what is inside the mesh, or does not', (_, one, serves) => {
    expect(proxyPod(one)?.serves).toBe(serves);
  });

  it('is known by what is started, whatever its container is called', () => {
    const containers = [{ name: 'cart' }, { name: 'envoy', args: ['proxy', 'sidecar', '--domain', 'x'] }];
    const one = pod({}, { spec: { containers } });
    expect(proxyPod(one)?.kind).toBe('sidecar');
    expect(isUnknownProxy(one)).toBe(false);
    const injected = { metadata: { annotations: { 'sidecar.istio.io/status': '{}' } } };
    expect(isUnknownProxy(pod({}, { ...injected, spec: { containers: [{ name: 'cart' }] } }))).toBe(true);
  });

  it('can be asked while its container runs, Ready or not, and is given time when it has just started', () => {
    const running = (startedAt: string) => ({
      phase: 'Running',
      containerStatuses: [{ name: 'istio-proxy', state: { running: { startedAt: new Date(startedAt) } }, ...STATUS }],
    });
    const late = proxyPod(pod({}, { status: running('2026-11-26T23:50:00Z') }));
    expect(late).toMatchObject({
      isRunning: true,
      isStarting: false,
      notServing: 'the pod is not Ready: istio-proxy is not ready',
    });
    expect(proxyPod(pod({}, { status: running('2026-11-26T23:59:30Z') }))?.isStarting).toBe(true);
    expect(proxyPod(pod({}, { status: { phase: 'Pending' } }))?.isRunning).toBe(false);
  });

  it.each([
    ['its label app', { app: 'a', 'app.kubernetes.io/name': 'b' }, 'a'],
    ["its Gateway's name", { 'gateway.networking.k8s.io/gateway-name': 'g', 'app.kubernetes.io/name': 'b' }, 'g'],
    ['its recommended label', { 'app.kubernetes.io/name': 'b' }, 'b'],
    ['its own name', {}, 'cart-7d9'],
  ])('is called by %s', (_, labels, app) => {
    expect(proxyPod(pod({}, { metadata: { namespace: 'shop', name: 'cart-7d9', labels } }))?.app).toBe(app);
  });

  it('calls the istiod of its own configuration rather than the one its CA is at', () => {
    const PROXY_CONFIG = '{"discoveryAddress":"istiod-b.istio-b.svc:15012","proxyAdminPort":15999}\n';
    const proxy = proxyPod(pod({ env: env({ CA_ADDR: 'cert-manager-istio-csr.cert-manager.svc:443', PROXY_CONFIG }) }));
    expect(proxy).toMatchObject({ istiod: 'istiod-b.istio-b.svc', adminPort: 15999 });
  });

  it('makes do with a configuration that is none', () => {
    expect(proxyPod(pod({ env: env({ PROXY_CONFIG: '{' }) }))).toMatchObject({ istiod: undefined, adminPort: 15000 });
    expect(proxyPod(pod({ env: env({ PROXY_CONFIG: 'null' }) }))).toMatchObject({ istiod: undefined });
  });

  it.each([
    ['what was injected', { 'sidecar.istio.io/status': '{"revision":"b"}', 'istio.io/rev': 'tag' }, 'b'],
    ['its annotation', { 'istio.io/rev': 'openshift-gateway' }, 'openshift-gateway'],
    ['no revision, which Istio writes as default', { 'istio.io/rev': 'default' }, ''],
    ['none that could be told', {}, undefined],
  ])('is of the revision of %s', (_, annotations, revision) => {
    expect(proxyPod(pod({}, { metadata: { annotations } }))?.revision).toBe(revision);
  });

  it('mounts no ConfigMap where its root comes otherwise', () => {
    const volumes = [{ name: 'istiod-ca-cert', projected: { sources: [{ clusterTrustBundle: { path: 'r' } }] } }];
    expect(proxyPod(pod({}, { spec: { containers: [{ name: 'istio-proxy' }], volumes } }))?.rootMap).toBeUndefined();
  });
});

describe('a pod that serves nobody', () => {
  it.each([
    [
      'the pod is Pending: no node fits',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: 'no node fits' }] },
    ],
    ['the pod is without a status', {}],
    ['the pod is not Ready', { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] }],
  ])('%s', (problem, status) => {
    expect(notServing({ status })).toBe(problem);
  });

  it('names the containers that keep it from being Ready', () => {
    const base = { ready: false, image: '', imageID: '', restartCount: 0 };
    const containerStatuses = [
      { ...base, name: 'cart', state: { waiting: { reason: 'CrashLoopBackOff' } } },
      { ...base, name: 'istio-proxy', state: { running: {} } },
      { ...base, name: 'helper', ready: true, state: { running: {} } },
    ];
    expect(notServing({ status: { phase: 'Running', containerStatuses } })).toBe(
      'the pod is not Ready: cart waits (CrashLoopBackOff), istio-proxy is not ready',
    );
  });

  it('has ended or is about to', () => {
    expect(isLive({ status: { phase: 'Succeeded' } })).toBe(false);
    expect(isLive({ status: { phase: 'Failed' } })).toBe(false);
    expect(isLive({ metadata: { deletionTimestamp: new Date() }, status: { phase: 'Running' } })).toBe(false);
    expect(isLive({ status: { phase: 'Pending' } })).toBe(true);
  });
});

describe('versionOf', () => {
  it.each([
    ['docker.io/istio/proxyv2:1.29.1', '1.29.1'],
    ['docker.io/istio/proxyv2:1.29.1-distroless', '1.29.1'],
    ['meshtrust.invalid/pilot:1.29.1-cc75d4de6707', '1.29.1'],
    ['127.0.0.1:5000/pilot:v1.30.0-beta.1', '1.30.0-beta.1'],
    ['pilot:1.29.1@sha256:0123456789abcdef', '1.29.1'],
    ['registry.redhat.io/istio-proxyv2-rhel9@sha256:0123456789abcdef', undefined],
    ['registry:5000/pilot', undefined],
    ['pilot:latest', undefined],
    [undefined, undefined],
  ])('%s', (image, version) => {
    expect(versionOf(image)).toBe(version);
  });
});
