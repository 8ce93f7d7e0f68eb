import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { parseManifests } from '../../cluster/kube/manifests.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { RUN_LABEL } from '../../cluster/ownership/label.ts';
import { apply, named, remove } from '../../cluster/ownership/objects.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { found } from '../../cluster/kube/failure.ts';
import { ADD_ONS } from '../mesh/add-ons.ts';
import type { Lab } from '../mesh/lab.ts';
import { eventually } from '../../common/retry.ts';
import { type Authority, createRoot } from '../../verdict/trust/issue.ts';
import { makeRoom, removeCacerts } from './manual.ts';
import { type Joined, type KeepSecret, ORGANIZATION, type Remedy, ROOT_NAME } from './remedy.ts';
import { restartAll } from './restart.ts';

const INTERMEDIATES = {
  mesh: 'SM Service Mesh Intermediate CA',
  gateway: 'SM OpenShift Ingress Intermediate CA',
} as const;
const ROOT_DAYS = 3650;

/** The root's certificate and key, which the ClusterIssuer signs with. */
export const ROOT_SECRET = { name: 'root-ca-key-pair', namespace: ADD_ONS['cert-manager'].namespace };
const rootReference = { apiVersion: 'v1', kind: 'Secret', metadata: ROOT_SECRET };

/**
 * The article's cert-manager approach: the root as a Secret, a ClusterIssuer over it, and a CA `Certificate` for each
 * plane whose Secret is `cacerts`; Istio reads the kubernetes.io/tls form (tls.crt, tls.key, ca.crt).
 */
export const certManager = {
  name: 'cert-manager',
  addOns: ['cert-manager'],
  secret: { format: 'kubernetes.io/tls', keeper: 'cert-manager' },
  makes: (lab) => [...manifests(lab), rootReference],
  apply: applyCertManager,
  mayBeIn: isInstalled,
  takeAway: removeCertificates,
} satisfies Remedy;

/** The article's resources, in the namespaces of this lab's planes. */
const manifests = ({ distribution: { planes } }: Pick<Lab, 'distribution'>) =>
  parseManifests(
    readFileSync(new URL('cert-manager.yaml', import.meta.url), 'utf8').replace(
      /\$\{(mesh|gateway)\}/g,
      (_, plane: PlaneName) => planes[plane].namespace,
    ),
  );

async function applyCertManager(lab: Lab, keepSecret: KeepSecret): Promise<Joined> {
  const started = Date.now();
  const root = await createRoot({ ...ORGANIZATION, commonName: ROOT_NAME, days: ROOT_DAYS, algorithm: 'RSA-4096' });
  keepSecret(root.privateKey.pem());
  const intermediates = await issueFromRoot(lab, root);
  const restarts = await restartAll(lab, root.certificate.pem);
  return { remedy: 'cert-manager', root, intermediates, restarts, seconds: (Date.now() - started) / 1000 };
}

/** Gives cert-manager a root and waits until it has issued the planes' intermediates; returns their common names. */
export async function issueFromRoot(lab: Lab, root: Authority): Promise<Joined['intermediates']> {
  const secret = {
    ...rootReference,
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': root.certificate.pem, 'tls.key': root.privateKey.pem() },
  };
  await makeRoom(lab);
  await applyCertificates(lab, [secret, ...manifests(lab)]);
  await Promise.all(certificates(lab).map((certificate) => issued(lab.kube, certificate)));
  return INTERMEDIATES;
}

interface CertificateObject extends KubernetesObject {
  spec?: { secretName?: string };
}

/**
 * Applies objects with Certificates among them, whose Secrets cert-manager makes: these get the run's label from it, and
 * are on record as the run's (cert-manager documentation, «SecretTemplate»).
 */
export async function applyCertificates(lab: Lab, objects: readonly CertificateObject[]): Promise<void> {
  const secretTemplate = { labels: { [RUN_LABEL]: lab.runId } };
  const labelled = objects.map((object) =>
    object.kind === 'Certificate' ? { ...object, spec: { ...object.spec, secretTemplate } } : object,
  );
  await lab.ledger.intend(objects.filter(({ kind }) => kind === 'Certificate').map(secretOf));
  await apply(lab, labelled, { within: 'certManagerReady' });
}

const secretOf = ({ metadata, spec }: CertificateObject) =>
  named({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: metadata?.namespace ?? '', name: spec?.secretName ?? '' },
  });

/** Whether cert-manager is, by the run. */
async function isInstalled({ kube, runId }: Lab): Promise<boolean> {
  const namespace = await found(kube.core.readNamespace({ name: ROOT_SECRET.namespace }));
  return namespace?.metadata?.labels?.[RUN_LABEL] === runId;
}

async function removeCertificates(lab: Lab): Promise<void> {
  await remove(lab, manifests(lab));
  // Without its Certificate a Secret stays: cert-manager does not collect what it has issued.
  await remove(lab, [rootReference]);
  await removeCacerts(lab);
}

export const certificates = (lab: Lab): KubernetesObject[] =>
  manifests(lab).filter(({ kind }) => kind === 'Certificate');

interface Certificate extends KubernetesObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

/** Waits until cert-manager has issued the certificate. */
export async function issued(kube: Kube, certificate: KubernetesObject): Promise<void> {
  const name = `${certificate.metadata?.namespace ?? ''}/${certificate.metadata?.name ?? ''}`;
  await eventually(
    async () => {
      const object = (await found(kube.objects.read(certificate as Parameters<typeof kube.objects.read>[0]))) as
        Certificate | undefined;
      const ready = object?.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True') throw new Error(ready?.message ?? 'it has no status yet');
    },
    { waitingFor: `Certificate ${name} to be Ready`, within: 'certificateReady' },
  );
}
