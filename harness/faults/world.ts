import type { KubernetesObject } from '@kubernetes/client-node';
import { linkSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { execInNodes } from '../cluster/k3d.ts';
import type { PlainCluster } from '../supply/testing/plain-cluster.ts';
import { fillIn, parseManifests } from '../cluster/kube/manifests.ts';
import { ADD_ONS, addOnObjects } from '../lab/mesh/add-ons.ts';
import { type Distribution, loadDistribution, merge } from '../lab/mesh/distribution.ts';
import { renderPlane } from '../lab/mesh/installers/installers.ts';
import { withVendor } from '../lab/mesh/vendor.ts';
import { ISTIOD_SELECTOR } from '../observations/istio.ts';
import { PLANES } from '../observations/planes.ts';
import { ROOT_SECRET } from '../lab/remedies/cert-manager.ts';
import { fixture } from '../common/paths.ts';
import type { CoreParts, Supply } from '../supply/supply.ts';
import { VERSIONS } from '../supply/versions.ts';
import { createRoot } from '../verdict/trust/issue.ts';

export const WORLDS = ['theirs', 'their-planes'] as const;

/** Somebody's world: what a cluster holds that no run has made, and that no run may lose. */
export interface World {
  name: (typeof WORLDS)[number];
  cluster: PlainCluster;
  /** Settings of a run there, and the claims that it judges. */
  settings: object;
  only: readonly string[];
}

interface Ingredients {
  runId: string;
  cluster: PlainCluster;
  supply: Supply;
  parts: CoreParts;
  signal: AbortSignal;
}

const DISTRIBUTION = 'openshift-4.22';
const WIDGET = {
  apiVersion: 'theirs.example.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: 'theirs' },
  spec: { size: 7 },
};

/**
 * Puts somebody's things into a plain cluster: cert-manager with the article's own names, a CRD with an instance, a
 * Deployment of two replicas with an HPA; `their-planes` also both planes, of two replicas each, and a PeerAuthentication.
 */
export async function furnish(name: World['name'], ingredients: Ingredients): Promise<World> {
  const { cluster, parts, supply, signal } = ingredients;
  const certManager = await supply.addOn('cert-manager');
  await importImages(ingredients, certManager.archives);
  for (const object of addOnObjects(ADD_ONS['cert-manager'], certManager, { planes: {} }))
    await apply(cluster, stringify(object));
  const theirs = fillIn(readFileSync(fixture('faults', 'theirs.yaml'), 'utf8'), { image: parts.probeImage });
  const root = await createRoot({ commonName: 'Their Root CA' });
  const secret = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: ROOT_SECRET, type: 'kubernetes.io/tls' },
    stringData: { 'tls.crt': root.certificate.pem, 'tls.key': root.privateKey.pem() },
  };
  await cluster.kubectl(['--namespace', 'cert-manager', 'rollout', 'status', 'deployment', '--timeout', '300s']);
  await apply(cluster, `${stringify(secret)}---\n${theirs}`);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd/widgets.theirs.example.com', '--timeout', '60s']);
  await apply(cluster, stringify(WIDGET));
  await cluster.kubectl([
    '--namespace',
    'theirs',
    'wait',
    '--for=condition=Ready',
    'certificate/theirs',
    '--timeout',
    '120s',
  ]);
  if (name === 'theirs') return { name, cluster, settings: {}, only: ['trust.manual.leaf-issuer'] };
  const istio = await supply.istio(VERSIONS.istio);
  await importImages(ingredients, istio.archives);
  const distribution = loadDistribution(DISTRIBUTION, {
    overlays: Object.fromEntries(PLANES.map((plane) => [plane, merge(istio.overlay, { pilot: { replicaCount: 2 } })])),
  });
  for (const object of await planes(distribution, istio, signal)) await apply(cluster, stringify(object));
  for (const { namespace, deployment } of Object.values(distribution.planes)) {
    await cluster.kubectl([
      '--namespace',
      namespace,
      'rollout',
      'status',
      `deployment/${deployment}`,
      '--timeout',
      '300s',
    ]);
  }
  // An istiod switches its validation on once it has seen it work (istio/istio, pkg/webhooks/validation/controller).
  await cluster.kubectl([
    ...['wait', '--for=jsonpath={.webhooks[0].failurePolicy}=Fail', 'validatingwebhookconfiguration'],
    ...['--selector', ISTIOD_SELECTOR, '--timeout', '180s'],
  ]);
  const settings = { planes: { mesh: { installer: 'preinstalled' }, gateway: { installer: 'preinstalled' } } };
  return { name, cluster, settings, only: ['trust.not-remedies.permissive', 'trust.manual.leaf-issuer'] };
}

/** What somebody has who has both planes, namespaces and policies included; the CRDs first. */
async function planes(
  distribution: Distribution,
  istio: Awaited<ReturnType<Supply['istio']>>,
  signal: AbortSignal,
): Promise<KubernetesObject[]> {
  const rendered = await Promise.all(
    PLANES.map((plane) => renderPlane(distribution.planes[plane], withVendor(plane, {}, istio.version, istio), signal)),
  );
  const text = readFileSync(fixture('faults', 'planes.yaml'), 'utf8');
  const all = [...rendered.flat(), ...parseManifests(text)];
  const rank = ({ kind = '' }: KubernetesObject) =>
    kind === 'Namespace' ? 0 : kind === 'CustomResourceDefinition' ? 1 : 2;
  return all.sort((a, b) => rank(a) - rank(b));
}

const apply = async ({ kubectl }: PlainCluster, text: string): Promise<void> => {
  await kubectl(['apply', '--server-side', '--force-conflicts', '--filename', '-'], text);
};

async function importImages({ runId, cluster, signal }: Ingredients, archives: readonly string[]): Promise<void> {
  for (const archive of archives) {
    linkSync(archive, join(cluster.images, basename(archive)));
    const path = `/var/lib/rancher/k3s/agent/images/${basename(archive)}`;
    await execInNodes(runId, ['ctr', '--namespace', 'k8s.io', 'images', 'import', path], { signal });
  }
}
