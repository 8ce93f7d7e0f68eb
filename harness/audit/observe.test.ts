import { ACCESSES } from './access.ts';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { connectKube } from '../cluster/kube/client.ts';
import { trustGraph } from '../verdict/trust/graph/graph.ts';
import type { Observation } from '../verdict/trust/graph/observation.ts';
import type { LoopbackCluster } from './testing/api.ts';
import { loopbackMesh } from './testing/mesh.ts';
import { openLoopback, SILENT } from './testing/open.ts';
import { observe } from './observe.ts';

async function audit(cluster: LoopbackCluster, given: { namespaces?: string[]; secrets?: boolean } = {}) {
  await using loopback = await openLoopback(cluster);
  const options = { namespaces: [], secrets: true, concurrency: 4, ...given };
  const observation = await observe(connectKube(loopback.kubeconfig), options, SILENT);
  return { observation, asked: loopback.asked };
}

const proxyOf = ({ proxies }: Observation, app: string) => {
  const proxy = proxies.find((one) => one.app === app);
  if (proxy === undefined) throw new Error(`there is no proxy of ${app}`);
  return proxy;
};

const podOf = (cluster: LoopbackCluster, app: string) =>
  cluster.objects.pods.find(({ metadata }) => metadata?.labels?.['app'] === app) as V1Pod;

const without = (cluster: LoopbackCluster, resource: string): LoopbackCluster => {
  const all = [...new Set(Object.values(ACCESSES).map((access) => access.resource))];
  const resources = all.filter((one) => one !== resource);
  return { ...cluster, rules: [{ apiGroups: ['*'], resources, verbs: ['*'] }] };
};

describe('a split cluster', () => {
  it('is seen whole: planes, what they serve and issue from, proxies and what they hold, root ConfigMaps', async () => {
    const { observation } = await audit(await loopbackMesh());
    expect(observation.unseen).toEqual([]);
    expect(observation.planes).toMatchObject([
      { id: 'istio-system/istiod', revision: '', version: '1.29.1', serverName: 'istiod.istio-system.svc' },
      { id: 'openshift-ingress/istiod-openshift-gateway', rootMapName: 'openshift-gw-ca-root-cert' },
    ]);
    expect(observation.planes[0]?.serving?.[0]?.dnsNames).toEqual(['istiod.istio-system.svc']);
    expect(proxyOf(observation, 'mesh-gateway')).toMatchObject({
      kind: 'gateway',
      plane: 'openshift-ingress/istiod-openshift-gateway',
      seenBy: 'admin',
      problem: undefined,
      bundle: 'openshift-ingress/openshift-gw-ca-root-cert',
    });
    expect(proxyOf(observation, 'productpage').chain?.[0]?.uris).toEqual([
      'spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage',
    ]);
    expect(observation.authorities).toMatchObject([
      { id: 'istio-system/istio-ca-secret', plane: 'istio-system/istiod', problem: undefined },
      { id: 'openshift-ingress/istio-ca-secret', plane: 'openshift-ingress/istiod-openshift-gateway' },
    ]);
    expect(observation.bundles.map(({ id }) => id)).toContain('bookinfo/istio-ca-root-cert');
  });

  it('breaks the edge from the gateway to productpage, for an unknown issuer, with both roots', async () => {
    const { observation } = await audit(await loopbackMesh());
    const { conversations } = trustGraph(observation);
    const edge = conversations.find(({ from }) => from.includes(proxyOf(observation, 'mesh-gateway').id));
    const rootOf = (app: string) => proxyOf(observation, app).roots?.[0]?.fingerprint;
    expect(edge?.to).toContain(proxyOf(observation, 'productpage').id);
    expect(edge).toMatchObject({
      verdict: 'unknown-issuer',
      roots: { client: [rootOf('mesh-gateway')], server: [rootOf('productpage')] },
    });
  });

  it('holds no private key, though the Secrets it was read from do', async () => {
    const cluster = await loopbackMesh({ joined: true });
    const keys = cluster.objects.secrets.map((secret) => (secret as { data?: Record<string, string> }).data ?? {});
    expect(keys[0]?.['ca-key.pem']).toBeTruthy();
    const text = JSON.stringify((await audit(cluster)).observation);
    expect(text).not.toContain('PRIVATE KEY');
    for (const data of keys) expect(text).not.toContain(data['ca-key.pem']);
  });
});

describe('a large or mixed cluster', () => {
  it('is read page by page', async () => {
    const cluster = await loopbackMesh({ sidecars: 1 });
    const others = Array.from({ length: 450 }, (_, at) => ({ metadata: { namespace: 'jobs', name: `job-${at}` } }));
    cluster.objects.pods.unshift(...others);
    const { observation, asked } = await audit(cluster);
    expect(observation.proxies.map(({ app }) => app)).toEqual(['productpage', 'mesh-gateway']);
    expect(
      asked.filter(({ resource, verb, namespace }) => `${verb} ${resource}` === 'list pods' && !namespace),
    ).toHaveLength(3);
  });

  it('leaves out proxies that have ended, and says that ztunnels are not looked at', async () => {
    const cluster = await loopbackMesh();
    podOf(cluster, 'ratings').status = { phase: 'Succeeded' };
    const ztunnel: V1Pod = {
      metadata: { namespace: 'istio-system', name: 'ztunnel-x' },
      spec: { containers: [{ name: 'istio-proxy', args: ['proxy', 'ztunnel'] }] },
    };
    cluster.objects.pods.push(ztunnel);
    const { observation } = await audit(cluster);
    expect(observation.proxies.map(({ app }) => app)).toEqual(['details', 'productpage', 'reviews', 'mesh-gateway']);
    expect(observation.unseen).toEqual([
      'Certificates of ambient workloads are not looked at (pods of ztunnel: 1, pods behind it: 0).',
    ]);
  });

  it('says how many machines outside of the cluster are not looked at', async () => {
    const cluster = await loopbackMesh();
    cluster.objects.workloadentries = [{ metadata: { namespace: 'vms', name: 'a' } }, { metadata: { name: 'b' } }];
    expect((await audit(cluster)).observation.unseen).toEqual([
      'Machines outside of the cluster are not looked at (WorkloadEntries: 2).',
    ]);
  });

  it('has a plane none of whose pods is Ready: what it serves is not seen', async () => {
    const cluster = await loopbackMesh();
    for (const pod of cluster.objects.pods as V1Pod[]) {
      if (pod.metadata?.name?.startsWith('istiod-6d') === true) pod.status = { phase: 'Pending' };
    }
    const { observation } = await audit(cluster);
    expect(observation.planes.map(({ serving }) => serving === undefined)).toEqual([true, false]);
    expect(observation.unseen).toEqual(['What istio-system/istiod serves was not seen: it has no pod that is Ready.']);
  });
});

describe('what may not be seen', () => {
  it('Secrets: all is judged without them, and what that costs is said', async () => {
    const { observation, asked } = await audit(without(await loopbackMesh(), 'secrets'));
    expect(observation.authorities).toEqual([]);
    expect(observation.unseen).toEqual([]);
    expect(observation.beside).toEqual([expect.stringMatching(/^You may not get secrets: .*is not known\.$/)]);
    expect(proxyOf(observation, 'productpage').seenBy).toBe('admin');
    expect(asked.filter(({ resource }) => resource === 'secrets')).toEqual([]);
  });

  it('Secrets: not asked for with --no-secrets', async () => {
    const { observation, asked } = await audit(await loopbackMesh(), { secrets: false });
    expect(observation.beside).toEqual(['Secrets were not looked at, as asked.']);
    expect(asked.filter(({ resource }) => resource === 'secrets')).toEqual([]);
  });

  it('port-forwards: addresses are tried, ConfigMaps remain, and what that costs is said', async () => {
    const { observation, asked } = await audit(without(await loopbackMesh(), 'pods/portforward'));
    expect(observation.unseen).toEqual([expect.stringMatching(/^You may not get and create pods\/portforward: /)]);
    expect(proxyOf(observation, 'productpage')).toMatchObject({
      seenBy: 'none',
      problem: expect.stringMatching(/^no mutual TLS at 127\.0\.0\.1:9080: .*ECONNREFUSED/) as string,
      bundle: 'bookinfo/istio-ca-root-cert',
    });
    expect(proxyOf(observation, 'mesh-gateway').problem).toBe('a gateway can only be asked through a port-forward');
    expect(asked.filter(({ resource }) => resource === 'pods/portforward')).toEqual([]);
  });

  it('ConfigMaps: Envoy is believed, the control channel is not seen', async () => {
    const { observation } = await audit(without(await loopbackMesh({ joined: true }), 'configmaps'));
    const { conversations } = trustGraph(observation);
    expect(conversations.map(({ channel, verdict }) => `${channel} ${verdict}`).sort()).toEqual([
      ...Array<string>(2).fill('control not-seen'),
      ...Array<string>(2).fill('webhook trusted'),
      ...Array<string>(2).fill('workload trusted'),
    ]);
    expect(observation.unseen).toEqual([expect.stringMatching(/^You may not get configmaps: /)]);
  });

  it('deployments: proxies are judged without their planes', async () => {
    const { observation } = await audit(without(await loopbackMesh(), 'deployments'));
    expect(observation.planes).toEqual([]);
    expect(observation.unseen).toEqual([expect.stringMatching(/^You may not list deployments: /)]);
    expect(proxyOf(observation, 'productpage').seenBy).toBe('admin');
  });

  it('pods: there is nothing to audit', async () => {
    await expect(audit(without(await loopbackMesh(), 'pods'))).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(/^You may not list pods in all namespaces.*--namespace\.$/s) as string,
    });
  });

  it('anything: the answer is quoted, with a next step', async () => {
    const cluster = { ...(await loopbackMesh()), rules: [] };
    await expect(audit(cluster)).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(/lets you ask nothing \(403: forbidden.*\nCheck the credentials/s) as string,
    });
  });
});

describe('the API server as a client of istiod', () => {
  const toWebhooks = (cluster: LoopbackCluster) =>
    audit(cluster).then(({ observation }) =>
      trustGraph(observation).conversations.filter(({ channel }) => channel === 'webhook'),
    );
  const configuration = (cluster: LoopbackCluster) =>
    cluster.objects.mutatingwebhookconfigurations[0] as { webhooks: { clientConfig: object }[] };

  it('accepts those whose root is in the caBundle, one edge for all configurations of a plane', async () => {
    const edges = await toWebhooks(await loopbackMesh());
    expect(edges.map(({ from, to, verdict }) => ({ from, to, verdict }))).toEqual([
      {
        from: [
          'MutatingWebhookConfiguration/istio-sidecar-injector',
          'ValidatingWebhookConfiguration/istio-validator-istio-system',
        ],
        to: ['istio-system/istiod'],
        verdict: 'trusted',
      },
      {
        from: ['ValidatingWebhookConfiguration/istio-validator-openshift-ingress'],
        to: ['openshift-ingress/istiod-openshift-gateway'],
        verdict: 'trusted',
      },
    ]);
    expect(edges[0]?.reason).toMatch(/^The API server accepts istiod istio-system\/istiod by the caBundle of/);
  });

  it.each([
    ['another root', 'other', /leads to "istio-system CA" .*, but only "openshift-ingress CA" .* is trusted/],
    ['no certificate', Buffer.from('root').toString('base64'), /but no root is trusted at all/],
  ])('refuses them where the caBundle holds %s, by name and with a remedy', async (_, bundle, reason) => {
    const cluster = await loopbackMesh();
    const other = cluster.objects.validatingwebhookconfigurations[1] as {
      webhooks: { clientConfig: { caBundle: string } }[];
    };
    const caBundle = bundle === 'other' ? other.webhooks[0]?.clientConfig.caBundle : bundle;
    Object.assign(configuration(cluster).webhooks[0]?.clientConfig ?? {}, { caBundle });
    const [broken, ...others] = await toWebhooks(cluster);
    expect(broken).toMatchObject({
      from: ['MutatingWebhookConfiguration/istio-sidecar-injector'],
      verdict: 'unknown-issuer',
      reason: expect.stringMatching(reason) as string,
      remedies: [expect.stringMatching(/^Have istio-system\/istiod write its root into the caBundle of istio-sidecar/)],
    });
    expect(others.map(({ verdict }) => verdict)).toEqual(['trusted', 'trusted']);
  });

  it('is not judged without a caBundle: then the API server’s own system decides', async () => {
    const cluster = await loopbackMesh();
    Object.assign(configuration(cluster).webhooks[0]?.clientConfig ?? {}, { caBundle: undefined });
    const edges = await toWebhooks(cluster);
    const edge = edges.find(({ from }) => from.includes('MutatingWebhookConfiguration/istio-sidecar-injector'));
    expect(edge).toMatchObject({
      verdict: 'not-seen',
      reason: expect.stringMatching(/cannot be told: it has none, so what the API server’s own system/) as string,
    });
    expect(edges.map(({ verdict }) => verdict).sort()).toEqual(['not-seen', 'trusted', 'trusted']);
  });

  it('does not call what istioctl has taken out of use', async () => {
    const cluster = await loopbackMesh();
    const selector = { matchLabels: { 'istio.io/deactivated': 'never-match' } };
    const [webhook] = configuration(cluster).webhooks;
    Object.assign(webhook?.clientConfig ?? {}, { caBundle: Buffer.from('root').toString('base64') });
    Object.assign(webhook ?? {}, { namespaceSelector: selector, objectSelector: selector });
    expect((await toWebhooks(cluster)).map(({ verdict }) => verdict)).toEqual(['trusted', 'trusted']);
  });

  it('calls by URL as by Service', async () => {
    const cluster = await loopbackMesh();
    const clientConfig = {
      url: 'https://istiod.istio-system.svc:443/inject',
      caBundle: Buffer.from('root').toString('base64'),
    };
    Object.assign(configuration(cluster).webhooks[0] ?? {}, { clientConfig });
    expect((await toWebhooks(cluster)).map(({ verdict }) => verdict)).toEqual(['unknown-issuer', 'trusted', 'trusted']);
  });

  it('is judged by what istiod presents to it, though its port for agents does not answer', async () => {
    const cluster = await loopbackMesh();
    const foreign = cluster.ports('openshift-ingress/istiod-openshift-gateway-6d5f9c-x2k4v', 15017);
    const ports: LoopbackCluster['ports'] = (pod, port) => {
      if (!pod.startsWith('istio-system/istiod-')) return cluster.ports(pod, port);
      return port === 15012 ? undefined : foreign;
    };
    const [edge] = await toWebhooks({ ...cluster, ports });
    expect([edge?.to, edge?.verdict]).toEqual([['istio-system/istiod'], 'unknown-issuer']);
  });

  it('may not be looked at by who asks about some namespaces: that is said, too', async () => {
    const cluster = without(await loopbackMesh(), 'mutatingwebhookconfigurations');
    const { observation } = await audit(cluster, { namespaces: ['bookinfo'] });
    expect(observation.unseen).toEqual([expect.stringMatching(/^You may not list mutatingwebhookconfigurations: /)]);
  });

  it('wants the certificate to name the Service that it calls', async () => {
    const cluster = await loopbackMesh();
    const service = { namespace: 'istio-system', name: 'istiod', port: 443 };
    const chain = cluster.ports('openshift-ingress/istiod-openshift-gateway-6d5f9c-x2k4v', 15017);
    const ports: LoopbackCluster['ports'] = (pod, port) =>
      pod.startsWith('istio-system/istiod-') && port === 15017 ? chain : cluster.ports(pod, port);
    expect(configuration(cluster).webhooks[0]?.clientConfig).toMatchObject({ service });
    const [edge] = await toWebhooks({ ...cluster, ports });
    expect(edge?.reason).toContain('names istiod-openshift-gateway.openshift-ingress.svc, not istiod.istio-system.svc');
  });

  it('is not judged where istiod does not answer there, and that is said', async () => {
    const cluster = await loopbackMesh();
    const ports: LoopbackCluster['ports'] = (pod, port) => (port === 15017 ? undefined : cluster.ports(pod, port));
    const { observation } = await audit({ ...cluster, ports });
    const edges = trustGraph(observation).conversations.filter(({ channel }) => channel === 'webhook');
    expect(edges.map(({ verdict }) => verdict)).toEqual(['not-seen', 'not-seen']);
    expect(observation.unseen).toEqual([
      expect.stringMatching(/^What istio-system\/istiod to the API server serves was not seen: /),
      expect.stringMatching(
        /^What openshift-ingress\/istiod-openshift-gateway to the API server serves was not seen: /,
      ),
    ]);
  });

  it('that calls an istiod which was not found: said; what is nobody’s of Istio is passed over', async () => {
    const cluster = await loopbackMesh();
    const call = (url: string) => [{ clientConfig: { url } }];
    const istios = { metadata: { name: 'a', labels: { 'istio.io/rev': 'x' } }, webhooks: call('https://far.example') };
    const others = { metadata: { name: 'b' }, webhooks: call('https://else.example') };
    const unlabelled = [{ name: 'namespace.sidecar-injector.istio.io', clientConfig: { url: 'https://away.example' } }];
    const third = { metadata: { name: 'c' }, webhooks: unlabelled };
    cluster.objects.mutatingwebhookconfigurations.push(istios, others, third);
    expect((await audit(cluster)).observation.unseen).toEqual([
      expect.stringMatching(/^MutatingWebhookConfiguration a has the API server call far\.example, which is no/),
      expect.stringMatching(/^MutatingWebhookConfiguration c has the API server call away\.example, which is no/),
    ]);
  });
});

describe('proxies that do without mutual TLS', () => {
  const beside = async (kind: 'peerauthentications' | 'destinationrules', spec: object) => {
    const cluster = await loopbackMesh();
    const object = { metadata: { namespace: 'bookinfo', name: 'one' }, spec };
    cluster.objects[kind] = [object];
    return (await audit(cluster)).observation.beside;
  };

  it.each([
    [
      'peerauthentications',
      { mtls: { mode: 'DISABLE' } },
      'PeerAuthentication bookinfo/one has servers take plaintext',
    ],
    ['peerauthentications', { portLevelMtls: { 9080: { mode: 'DISABLE' } } }, 'PeerAuthentication bookinfo/one has'],
    [
      'destinationrules',
      { host: 'reviews', trafficPolicy: { tls: { mode: 'DISABLE' } } },
      'DestinationRule bookinfo/one has clients call reviews with tls DISABLE: ',
    ],
    [
      'destinationrules',
      { host: 'reviews.bookinfo.svc.cluster.local', subsets: [{ trafficPolicy: { tls: { mode: 'SIMPLE' } } }] },
      'DestinationRule bookinfo/one has clients call reviews.bookinfo.svc.cluster.local with tls SIMPLE: ',
    ],
    [
      'destinationrules',
      { host: '*.local', trafficPolicy: { portLevelSettings: [{ tls: { mode: 'DISABLE' } }] } },
      'DestinationRule bookinfo/one has clients call *.local with tls DISABLE: ',
    ],
    [
      'destinationrules',
      { host: 'reviews', trafficPolicy: { tls: {} } },
      'DestinationRule bookinfo/one has clients call reviews with tls DISABLE: ',
    ],
  ] as const)('by %s %j: said', async (kind, spec, words) => {
    expect(await beside(kind, spec)).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    ['peerauthentications', { mtls: { mode: 'PERMISSIVE' } }],
    ['destinationrules', { host: 'reviews', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } }],
    ['destinationrules', { host: 'pay.example.com', trafficPolicy: { tls: { mode: 'SIMPLE' } } }],
  ] as const)('not by %s %j', async (kind, spec) => {
    expect(await beside(kind, spec)).toEqual([]);
  });
});

describe('settings that bear on the edges', () => {
  it('names that clients demand in the place of those that are judged', async () => {
    const cluster = await loopbackMesh();
    const tls = { mode: 'ISTIO_MUTUAL', subjectAltNames: ['spiffe://other'] };
    const spec = { host: 'reviews', trafficPolicy: { tls } };
    const rule = { metadata: { namespace: 'bookinfo', name: 'one' }, spec };
    cluster.objects['destinationrules'] = [rule];
    expect((await audit(cluster)).observation.unseen).toEqual([
      expect.stringMatching(/^DestinationRule bookinfo\/one has clients of reviews demand spiffe:\/\/other of it/),
    ]);
  });

  it('mesh configuration without automatic mutual TLS', async () => {
    const cluster = await loopbackMesh();
    const map = cluster.objects.configmaps.find(({ metadata }) => metadata?.name === 'istio') as { data: object };
    map.data = { mesh: 'enableAutoMtls: false' };
    expect((await audit(cluster)).observation.beside).toEqual([
      expect.stringMatching(/^The mesh configuration of istio-system\/istiod has enableAutoMtls: false: /),
    ]);
  });

  const disabled = (namespace: string) => ({
    metadata: { namespace, name: 'default' },
    spec: { mtls: { mode: 'DISABLE' } },
  });

  it('are those of the namespaces that are asked about, and of the planes’', async () => {
    const cluster = await loopbackMesh();
    cluster.objects['peerauthentications'] = ['unrelated', 'bookinfo', 'istio-system'].map(disabled);
    const { observation } = await audit(cluster, { namespaces: ['bookinfo'] });
    expect(observation.beside.map((one) => one.split(' has ')[0])).toEqual([
      'PeerAuthentication bookinfo/default',
      'PeerAuthentication istio-system/default',
    ]);
  });

  it('may not be looked at in some namespace: said of each', async () => {
    const cluster = await loopbackMesh();
    const resources = [...new Set(Object.values(ACCESSES).map(({ resource }) => resource))];
    const others = resources.filter((one) => one !== 'peerauthentications');
    const rules = [
      { apiGroups: ['*'], resources: others, verbs: ['*'] },
      { apiGroups: ['*'], resources: ['peerauthentications'], verbs: ['*'], namespaces: ['bookinfo'] },
    ];
    const { observation } = await audit({ ...cluster, rules }, { namespaces: ['bookinfo'] });
    expect(observation.beside).toEqual([
      expect.stringMatching(/^You may not list peerauthentications in istio-system: /),
      expect.stringMatching(/^You may not list peerauthentications in openshift-ingress: /),
    ]);
  });

  it('machines that may not be counted may hide an edge', async () => {
    const { observation } = await audit(without(await loopbackMesh(), 'workloadentries'));
    expect(observation.unseen).toEqual([expect.stringMatching(/^You may not list workloadentries: /)]);
  });
});

describe('certificates of another CA than istiod', () => {
  it('are told of, with a remedy for the plane that can be changed', async () => {
    const cluster = await loopbackMesh();
    for (const pod of cluster.objects.pods as V1Pod[]) {
      const [container] = pod.spec?.initContainers ?? [];
      if (container === undefined) continue;
      container.env = [
        { name: 'CA_ADDR', value: 'cert-manager-istio-csr.cert-manager.svc:443' },
        { name: 'PROXY_CONFIG', value: '{"discoveryAddress":"istiod.istio-system.svc:15012"}' },
      ];
    }
    const { observation } = await audit(cluster);
    expect(observation.unseen).toEqual([
      expect.stringMatching(/^The CA at cert-manager-istio-csr\.cert-manager\.svc, which 4 of the proxies call, is no/),
    ]);
    const broken = trustGraph(observation).conversations.find(({ verdict }) => verdict === 'unknown-issuer');
    expect(broken?.remedies[0]).toMatch(
      /^Give openshift-ingress\/istiod-openshift-gateway an intermediate under "istio-system CA" .* by the Secret cacerts in openshift-ingress; .* For .* a Secret cacerts changes nothing: their certificates are from cert-manager-istio-csr\.cert-manager\.svc\.$/,
    );
    expect(broken?.remedies.join(' ')).not.toMatch(/restart istio-system\/istiod/i);
  });

  it('are told of where istiod has a signer of Kubernetes’ issue them', async () => {
    const cluster = await loopbackMesh();
    const deployment = cluster.objects.deployments.find(({ metadata }) => metadata?.name === 'istiod') as V1Deployment;
    const [istiod] = deployment.spec?.template.spec?.containers ?? [];
    const signer = 'k8s.io/clusterissuers.cert-manager.io/mesh';
    const settings = { EXTERNAL_CA: 'ISTIOD_RA_KUBERNETES_API', PILOT_CERT_PROVIDER: signer };
    const env = Object.entries(settings).map(([name, value]) => ({ name, value }));
    Object.assign(istiod ?? {}, { env: [...(istiod?.env ?? []), ...env] });
    const { observation } = await audit(cluster);
    expect(proxyOf(observation, 'productpage').externalCa).toBe(signer);
    expect(proxyOf(observation, 'mesh-gateway').externalCa).toBeUndefined();
    expect(observation.planes.map(({ issues }) => issues)).toEqual([false, true]);
  });

  it('is said of nobody whose CA is its istiod, where control planes may not be listed', async () => {
    const cluster = await loopbackMesh();
    const istiod = 'istiod.istio-system.svc:15012';
    for (const pod of cluster.objects.pods as V1Pod[]) {
      const [container] = pod.spec?.initContainers ?? [];
      if (container === undefined) continue;
      const config = JSON.stringify({ discoveryAddress: istiod });
      container.env = [
        { name: 'CA_ADDR', value: istiod },
        { name: 'PROXY_CONFIG', value: config },
      ];
    }
    const { observation } = await audit(without(cluster, 'deployments'));
    expect(observation.planes).toEqual([]);
    expect(proxyOf(observation, 'productpage').externalCa).toBeUndefined();
    expect(JSON.stringify(trustGraph(observation))).not.toContain('changes nothing');
  });
});

describe('namespaces', () => {
  it('limits the proxies to those that are named, not the planes', async () => {
    const { observation } = await audit(await loopbackMesh(), { namespaces: ['bookinfo'] });
    expect(observation.planes).toHaveLength(2);
    expect(new Set(observation.proxies.map(({ namespace }) => namespace))).toEqual(new Set(['bookinfo']));
  });

  it('does with a Role in them, and says which of them it may not look into', async () => {
    const rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'], namespaces: ['bookinfo'] };
    const cluster = { ...(await loopbackMesh()), rules: [rule] };
    const { observation } = await audit(cluster, { namespaces: ['bookinfo', 'openshift-ingress'] });
    expect(observation.proxies.map(({ seenBy }) => seenBy)).toEqual(Array<string>(4).fill('admin'));
    expect(observation.unseen).toEqual([
      'There is no deployment with the label app=istiod in bookinfo.',
      expect.stringMatching(/^You may not list pods in openshift-ingress: /),
      expect.stringMatching(/^You may not list destinationrules in openshift-ingress: /),
      expect.stringMatching(
        /^The istiod at istiod\.istio-system\.svc, which 4 of the proxies call, is no control plane/,
      ),
    ]);
  });
});

describe('a proxy that does not answer is reported and holds nobody up', () => {
  it.each([
    ['hangs', /^its Envoy does not answer: bookinfo.details.*:15000 did not answer within 5 s$/],
    ['rubbish', /^its Envoy answers with something else than its secrets: Unexpected token/],
    ['refuses', /^its Envoy does not answer: socket hang up$/],
  ] as const)('%s', async (behaviour, problem) => {
    const cluster = await loopbackMesh({ behaviour: { 'details-v1-5f7d9c-00001': behaviour } });
    const { observation } = await audit(cluster);
    expect(proxyOf(observation, 'details')).toMatchObject({ seenBy: 'none', chain: undefined });
    expect(proxyOf(observation, 'details').problem).toMatch(problem);
    expect(observation.proxies.filter(({ seenBy }) => seenBy === 'admin')).toHaveLength(4);
  });

  it('nothing listens on its admin port', async () => {
    const cluster = await loopbackMesh();
    const ports: LoopbackCluster['ports'] = (pod, port) =>
      pod.includes('details') ? undefined : cluster.ports(pod, port);
    const { observation } = await audit({ ...cluster, ports });
    expect(proxyOf(observation, 'details').problem).toMatch(/^its Envoy does not answer: .*connection refused$/);
  });

  it('is not Ready, and is not asked', async () => {
    const cluster = await loopbackMesh();
    podOf(cluster, 'details').status = {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'details',
          ready: false,
          state: { waiting: { reason: 'ImagePullBackOff' } },
          image: '',
          imageID: '',
          restartCount: 0,
        },
      ],
    };
    const { observation, asked } = await audit(cluster);
    const problem = 'the pod is Pending: details waits (ImagePullBackOff)';
    expect(proxyOf(observation, 'details')).toMatchObject({ seenBy: 'none', problem });
    expect(asked.filter(({ name }) => name === proxyOf(observation, 'details').name)).toEqual([]);
  });
});

describe('root ConfigMaps', () => {
  it('that a proxy mounts and that are not there, or hold no certificate, are faults; others are not', async () => {
    const cluster = await loopbackMesh();
    cluster.objects.configmaps = cluster.objects.configmaps
      .filter(({ metadata }) => metadata?.namespace !== 'bookinfo')
      .map((map) =>
        map.metadata?.name === 'openshift-gw-ca-root-cert' ? { ...map, data: { 'root-cert.pem': 'nothing' } } : map,
      );
    const { observation } = await audit(cluster);
    expect(observation.bundles.filter(({ problem }) => problem !== undefined)).toMatchObject([
      { id: 'bookinfo/istio-ca-root-cert', problem: 'it is not there' },
      {
        id: 'openshift-ingress/openshift-gw-ca-root-cert',
        problem: 'its root-cert.pem is no certificate',
      },
    ]);
  });
});
