import type { KubernetesObject, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificate } from '../../observations/certificate.ts';
import {
  type Authority,
  createIntermediate,
  createRoot,
  type Credential,
  issueLeaf,
} from '../../verdict/trust/issue.ts';
import type { LoopbackCluster } from './api.ts';
import { EVERYTHING } from './rules.ts';

/** How a proxy's Envoy answers on its admin port. */
export type Behaviour = 'answers' | 'hangs' | 'rubbish' | 'refuses';

export interface MeshOptions {
  /** Both planes' CAs under one root, by `cacerts`; each with a self-signed CA of its own otherwise. */
  joined?: boolean;
  /** Number of sidecars; of productpage, details, ratings and reviews in turn. */
  sidecars?: number;
  /** How many namespaces the sidecars are spread over: `bookinfo`, `bookinfo-1`, … */
  namespaces?: number;
  /** By the name of the pod; all others answer. */
  behaviour?: Record<string, Behaviour>;
}

interface Plane {
  namespace: string;
  revision: string;
  ca: Authority;
  rootMap: string;
}

const APPS = ['productpage', 'details', 'ratings', 'reviews'];
const VERSION = '1.29.1';

/**
 * A cluster as OpenShift 4.22 with Service Mesh lays it out: a mesh plane with Bookinfo's sidecars, a gateway plane
 * with one gateway. Certificates are real; what serves them answers on the spot.
 */
export async function loopbackMesh(options: MeshOptions = {}): Promise<LoopbackCluster> {
  const { joined = false, sidecars = 4, namespaces = 1, behaviour = {} } = options;
  const shared = joined ? await createRoot({ organization: 'SM', commonName: 'SM Root CA' }) : undefined;
  const planes = {
    mesh: await plane('istio-system', '', 'istio-ca-root-cert', shared),
    gateway: await plane('openshift-ingress', 'openshift-gateway', 'openshift-gw-ca-root-cert', shared),
  };
  const listening = new Map<string, (connection: Duplex) => void>();
  const pods: V1Pod[] = [];
  const addProxy = async (pod: V1Pod, { ca }: Plane) => {
    const { namespace = '', name = '' } = pod.metadata ?? {};
    const serviceAccount = pod.spec?.serviceAccountName ?? '';
    const leaf = await issueLeaf(ca, { spiffeId: `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}` });
    pods.push(pod);
    listening.set(`${namespace}/${name}:15000`, envoy(leaf, ca, behaviour[name] ?? 'answers'));
  };
  for (const one of Object.values(planes)) {
    const serving = await issueLeaf(one.ca, {
      spiffeId: `spiffe://cluster.local/ns/${one.namespace}/sa/istiod`,
      alternativeNames: [{ form: 'dns', value: `${istiodOf(one)}.${one.namespace}.svc` }],
    });
    const pod = istiodPod(one);
    pods.push(pod);
    for (const port of [15012, 15017]) {
      listening.set(`${one.namespace}/${pod.metadata?.name ?? ''}:${port}`, tlsServer(serving));
    }
  }
  await addProxy(gatewayPod(planes.gateway), planes.gateway);
  for (let index = 0; index < sidecars; index++) {
    const group = Math.floor(index / APPS.length) % namespaces;
    await addProxy(sidecarPod(planes.mesh, index, group === 0 ? 'bookinfo' : `bookinfo-${group}`), planes.mesh);
  }
  return {
    objects: {
      pods,
      deployments: Object.values(planes).map(istiodDeployment),
      configmaps: Object.values(planes).flatMap((one) => [meshConfig(one), ...rootMaps(one, pods)]),
      secrets: Object.values(planes).map((one) => caSecret(one, joined)),
      mutatingwebhookconfigurations: [webhook(planes.mesh, 'istio-sidecar-injector')],
      validatingwebhookconfigurations: Object.values(planes).map((one) =>
        webhook(one, `istio-validator-${one.namespace}`),
      ),
    },
    ports: (pod, port) => listening.get(`${pod}:${port}`),
    rules: EVERYTHING,
  };
}

async function plane(namespace: string, revision: string, rootMap: string, root?: Authority): Promise<Plane> {
  const ca =
    root === undefined
      ? await createRoot({ organization: 'cluster.local', commonName: `${namespace} CA` })
      : await createIntermediate(root, { organization: 'SM', commonName: `SM ${namespace} Intermediate CA` });
  return { namespace, revision, rootMap, ca };
}

const rootOf = ({ ca }: Plane): Certificate => ca.chain.at(-1) ?? ca.certificate;
const istiodOf = ({ revision }: Plane) => (revision === '' ? 'istiod' : `istiod-${revision}`);
const pem = (certificates: readonly Certificate[]) => certificates.map((one) => one.pem).join('');

/** Envoy's admin interface, as far as an audit asks it. */
function envoy(leaf: Credential, ca: Authority, behaviour: Behaviour): (connection: Duplex) => void {
  if (behaviour === 'hangs') return () => undefined;
  if (behaviour === 'refuses') return (connection) => connection.destroy();
  const bytes = (certificates: readonly Certificate[]) => ({
    inline_bytes: Buffer.from(pem(certificates)).toString('base64'),
  });
  const secret = (name: string, content: object) => ({
    '@type': 'type.googleapis.com/envoy.admin.v3.SecretsConfigDump.DynamicSecret',
    name,
    version_info: '2026-11-22T10:00:00Z',
    secret: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret', name, ...content },
  });
  const server = createServer((_, answer) => {
    if (behaviour === 'rubbish') {
      answer.end('<html>not an Envoy</html>');
      return;
    }
    const privateKey = { inline_bytes: Buffer.from('[redacted]').toString('base64') };
    const configs = [
      secret('default', { tls_certificate: { certificate_chain: bytes(leaf.chain), private_key: privateKey } }),
      secret('ROOTCA', { validation_context: { trusted_ca: bytes(ca.chain.slice(-1)) } }),
    ];
    answer.setHeader('content-type', 'application/json').end(JSON.stringify({ configs }, undefined, 1));
  });
  return (connection) => server.emit('connection', connection);
}

/** istiod's port for agents, as far as the handshake. */
function tlsServer({ chain, privateKey }: Credential): (connection: Duplex) => void {
  const secureContext = createSecureContext({ cert: pem(chain), key: privateKey.pem() });
  return (connection) => {
    new TLSSocket(connection, { isServer: true, secureContext, ALPNProtocols: ['h2'] })
      .on('error', () => undefined)
      .on('secure', () => undefined);
  };
}

const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], podIP: '127.0.0.1' };

const istiodLabels = ({ revision }: Plane) => ({
  app: 'istiod',
  'istio.io/rev': revision === '' ? 'default' : revision,
});

const istiodContainer = ({ rootMap }: Plane) => ({
  name: 'discovery',
  image: `registry.example/istio/pilot:${VERSION}`,
  env: [{ name: 'PILOT_CA_CERT_CONFIGMAP', value: rootMap }],
});

function istiodDeployment(one: Plane): V1Deployment & KubernetesObject {
  return {
    metadata: { namespace: one.namespace, name: istiodOf(one), labels: istiodLabels(one) },
    spec: {
      selector: { matchLabels: istiodLabels(one) },
      template: { spec: { containers: [istiodContainer(one)] } },
    },
  };
}

const istiodPod = (one: Plane): V1Pod => ({
  metadata: { namespace: one.namespace, name: `${istiodOf(one)}-6d5f9c-x2k4v`, labels: istiodLabels(one) },
  spec: { containers: [istiodContainer(one)] },
  status: ready,
});

const proxyContainer = (one: Plane, mode: 'sidecar' | 'router') => ({
  name: 'istio-proxy',
  image: `registry.example/istio/proxyv2:${VERSION}`,
  args: ['proxy', mode, '--domain', '$(POD_NAMESPACE).svc.cluster.local'],
  env: [
    { name: 'CA_ADDR', value: `${istiodOf(one)}.${one.namespace}.svc:15012` },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'PROXY_CONFIG', value: '{}\n' },
  ],
});

/** What makes a real pod 13 kB of JSON: who set which field. Managed by nobody, read by nobody. */
const managedFields = [
  {
    manager: 'kube-controller-manager',
    operation: 'Update',
    fieldsType: 'FieldsV1',
    fieldsV1: Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [
        `f:spec.containers.field-${at}`,
        { '.': {}, 'f:name': {}, 'f:value': {} },
      ]),
    ),
  },
];

const rootVolume = ({ rootMap }: Plane) => ({ name: 'istiod-ca-cert', configMap: { name: rootMap } });

const gatewayPod = (one: Plane): V1Pod => ({
  metadata: {
    namespace: one.namespace,
    name: 'mesh-gateway-openshift-default-7c9d8b-q8m2t',
    labels: { 'gateway.networking.k8s.io/gateway-name': 'mesh-gateway' },
    managedFields,
    annotations: { 'istio.io/rev': one.revision },
  },
  spec: {
    serviceAccountName: 'mesh-gateway-openshift-default',
    containers: [proxyContainer(one, 'router')],
    volumes: [rootVolume(one)],
  },
  status: ready,
});

function sidecarPod(one: Plane, index: number, namespace: string): V1Pod {
  const app = APPS[index % APPS.length] ?? '';
  return {
    metadata: {
      namespace,
      name: `${app}-v1-5f7d9c-${String(index).padStart(5, '0')}`,
      labels: { app, version: 'v1' },
      managedFields,
      annotations: { 'sidecar.istio.io/status': JSON.stringify({ revision: 'default' }) },
    },
    spec: {
      serviceAccountName: `bookinfo-${app}`,
      initContainers: [{ ...proxyContainer(one, 'sidecar'), restartPolicy: 'Always' }],
      containers: [{ name: app, ports: [{ containerPort: 9080 }] }],
      volumes: [rootVolume(one)],
    },
    status: ready,
  };
}

const meshConfig = ({ namespace, revision }: Plane) => ({
  metadata: { namespace, name: revision === '' ? 'istio' : `istio-${revision}` },
  data: { mesh: 'trustDomain: cluster.local\ndefaultConfig: {}\n' },
});

/** istiod writes its root into every namespace. */
function rootMaps(one: Plane, pods: readonly V1Pod[]) {
  const namespaces = new Set(pods.map(({ metadata }) => metadata?.namespace ?? ''));
  return [...namespaces].map((namespace) => ({
    metadata: { namespace, name: one.rootMap },
    data: { 'root-cert.pem': rootOf(one).pem },
  }));
}

/** A webhook configuration as istiod's chart has it and istiod keeps it. */
const webhook = (one: Plane, name: string) => ({
  metadata: { name, labels: { 'istio.io/rev': istiodLabels(one)['istio.io/rev'] } },
  webhooks: [
    {
      name: 'one.istio.io',
      clientConfig: {
        service: { namespace: one.namespace, name: istiodOf(one), port: 443 },
        caBundle: Buffer.from(rootOf(one).pem).toString('base64'),
      },
    },
  ],
});

function caSecret(one: Plane, joined: boolean) {
  const files = {
    'ca-cert.pem': one.ca.certificate.pem,
    'ca-key.pem': one.ca.privateKey.pem(),
    'cert-chain.pem': joined ? pem(one.ca.chain) : '',
    'root-cert.pem': rootOf(one).pem,
  };
  return {
    metadata: { namespace: one.namespace, name: joined ? 'cacerts' : 'istio-ca-secret' },
    type: joined ? 'Opaque' : 'istio.io/ca-root',
    data: Object.fromEntries(Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString('base64')])),
  };
}
