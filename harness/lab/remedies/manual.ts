import type { KubernetesObject } from '@kubernetes/client-node';
import { found } from '../../cluster/kube/failure.ts';
import { CACERTS, CA_FILES, ISTIOD_PROGRAM, SELF_SIGNED_TYPE } from '../../observations/istio.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import type { RemedyName } from '../../observations/remedies.ts';
import { apply, remove, removeMadeBy } from '../../cluster/ownership/objects.ts';
import type { Plane } from '../mesh/distribution.ts';
import type { Lab } from '../mesh/lab.ts';
import type { Certificate } from '../../observations/certificate.ts';
import { type Authority, createIntermediate, createRoot, PrivateKey } from '../../verdict/trust/issue.ts';
import { type KeepSecret, ORGANIZATION, type Remedy, ROOT_NAME } from './remedy.ts';
import { restartAll } from './restart.ts';

/** Common names of the intermediates. */
export const INTERMEDIATES = {
  mesh: 'SM Service Mesh Intermediate CA',
  gateway: 'OpenShift Gateway Intermediate CA',
} as const;
const ROOT_DAYS = 3650;
export const INTERMEDIATE_DAYS = 1825;

/**
 * The article's manual approach: one root, an intermediate for each plane, the Secret `cacerts` in both namespaces
 * (Istio: «Plug in CA Certificates»), then restarts. RSA-4096 throughout, as there.
 */
export const manual = {
  name: 'manual',
  addOns: [],
  secret: { format: 'istio', keeper: undefined },
  makes: () => [],
  apply: pluggedInByHand('manual', cacerts),
  mayBeIn: () => Promise.resolve(true),
  takeAway: removeCacerts,
} satisfies Remedy;

/** Applies a remedy whose Secrets are written by hand, each of them from a plane's intermediate by `secretOf`. */
export function pluggedInByHand(
  remedy: RemedyName,
  secretOf: (plane: Plane, authority: Authority) => KubernetesObject,
): Remedy['apply'] {
  return async (lab, keepSecret) => {
    const started = Date.now();
    const hierarchy = await makeHierarchy(keepSecret);
    const { root } = hierarchy;
    await plugIn(
      lab,
      PLANES.map((plane) => secretOf(lab.distribution.planes[plane], hierarchy[plane])),
    );
    const restarts = await restartAll(lab, root.certificate.pem);
    return { remedy, root, intermediates: INTERMEDIATES, restarts, seconds: (Date.now() - started) / 1000 };
  };
}

/** Gives planes their CAs, in the place of what istiod keeps of its own there. */
export async function plugIn(lab: Lab, secrets: readonly KubernetesObject[]): Promise<void> {
  await makeRoom(
    lab,
    secrets.map(({ metadata }) => metadata?.namespace ?? ''),
  );
  await apply(lab, secrets);
}

/** Removes the plugged-in CAs of both planes, where they have any; what istiod keeps of its own there is none. */
export async function removeCacerts(lab: Lab): Promise<void> {
  await remove(lab, (await cacertsIn(lab)).pluggedIn);
}

/**
 * Takes away what istiod keeps of its own in `cacerts` (USE_CACERTS_FOR_SELF_SIGNED_CA), whose type forbids that a CA is
 * plugged in there. istiod goes on with it until it restarts, and makes another one if it then finds none. In both planes'
 * namespaces, unless some are named.
 */
export async function makeRoom(lab: Lab, namespaces?: readonly string[]): Promise<void> {
  for (const one of (await cacertsIn(lab)).ofIstiod) {
    if (namespaces?.includes(one.metadata.namespace) !== false) await removeMadeBy(ISTIOD_PROGRAM, lab, one);
  }
}

type CacertsReference = ReturnType<typeof cacertsReference>;

/** The Secrets `cacerts` that there are: those that were plugged in, and those that istiod keeps of its own under that name. */
export async function cacertsIn({ kube, distribution: { planes } }: Lab) {
  const there: Record<'pluggedIn' | 'ofIstiod', CacertsReference[]> = { pluggedIn: [], ofIstiod: [] };
  await Promise.all(
    PLANES.map(async (plane) => {
      const reference = cacertsReference(planes[plane]);
      const secret = await found(kube.core.readNamespacedSecret(reference.metadata));
      if (secret !== undefined) there[secret.type === SELF_SIGNED_TYPE ? 'ofIstiod' : 'pluggedIn'].push(reference);
    }),
  );
  return there;
}

/** A root and an intermediate for each plane under it. */
export type Hierarchy = Record<PlaneName | 'root', Authority>;

/** The article's hierarchy. The three keys are made side by side: they are most of the work. */
export async function makeHierarchy(keepSecret: KeepSecret): Promise<Hierarchy> {
  const [rootKey, meshKey, gatewayKey] = await Promise.all([
    PrivateKey.generate('RSA-4096'),
    PrivateKey.generate('RSA-4096'),
    PrivateKey.generate('RSA-4096'),
  ]);
  for (const key of [rootKey, meshKey, gatewayKey]) keepSecret(key.pem());
  const root = await createRoot({ ...ORGANIZATION, commonName: ROOT_NAME, days: ROOT_DAYS, privateKey: rootKey });
  const days = INTERMEDIATE_DAYS;
  const make = (plane: PlaneName, privateKey: PrivateKey) =>
    createIntermediate(root, { ...ORGANIZATION, commonName: INTERMEDIATES[plane], days, privateKey });
  return { root, mesh: await make('mesh', meshKey), gateway: await make('gateway', gatewayKey) };
}

/** The Secret that istiod mounts its plugged-in CA from. */
export const cacertsReference = (plane: Plane) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: CACERTS, namespace: plane.namespace },
});

export const bundle = (certificates: readonly Certificate[]) =>
  certificates.map(({ pem }) => `${pem.trim()}\n`).join('');

/** For the data of a Secret. */
export const encode = (text: string) => Buffer.from(text).toString('base64');

/**
 * The four files of a plugged-in CA; the chain goes from the intermediate up to the root, as in the article. What
 * workloads are to trust is that root, unless other roots are given.
 */
export function cacerts(plane: Plane, authority: Authority, roots: readonly Certificate[] = authority.chain.slice(-1)) {
  return {
    ...cacertsReference(plane),
    type: 'Opaque',
    data: {
      [CA_FILES.certificate]: encode(bundle([authority.certificate])),
      [CA_FILES.key]: encode(authority.privateKey.pem()),
      [CA_FILES.root]: encode(bundle(roots)),
      [CA_FILES.chain]: encode(bundle(authority.chain)),
    },
  };
}
