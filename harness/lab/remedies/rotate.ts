import { CA_FILES } from '../../observations/istio.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { apply, change } from '../../cluster/ownership/objects.ts';
import type { Lab } from '../mesh/lab.ts';
import type { Certificate } from '../../observations/certificate.ts';
import { type Authority, type AuthorityOptions, createIntermediate, createRoot } from '../../verdict/trust/issue.ts';
import { bundle, cacerts, cacertsReference, type Hierarchy, INTERMEDIATE_DAYS } from './manual.ts';
import { type Joined, type KeepSecret, ORGANIZATION } from './remedy.ts';
import { ALL_RESTARTS, restartIstiods, restartWorkloads } from './restart.ts';
import { restartInTurn } from './restart-in-turn.ts';

/** What both planes have plugged in: a root in common and an intermediate each, by common name. */
export type Plugged = Pick<Joined, 'root' | 'intermediates'>;

export interface Rotated extends Plugged {
  /** Restarts of deployments. */
  restarts: number;
  steps: { name: string; started: Date; seconds: number }[];
}

/**
 * Gives both planes new intermediates under the root they have. istiod takes them over from its mount as soon as
 * kubelet has refreshed that (pilot/pkg/bootstrap/istio_ca.go, handleEvent), so nothing is restarted.
 */
export async function rotateIntermediates(lab: Lab, before: Plugged, keepSecret: KeepSecret): Promise<Plugged> {
  const next = await hierarchyUnder(before.root, before, keepSecret);
  await plugIn(lab, next, [before.root.certificate]);
  return plugged(next);
}

/**
 * Replaces the root in one step, in the order of the article: both istiods, then the gateway, then the workloads. In
 * between the one trusts nothing that the others present.
 */
export async function swapRoot(lab: Lab, before: Plugged, keepSecret: KeepSecret): Promise<Rotated> {
  const next = await hierarchyUnder(await makeRoot(before.root, keepSecret), before, keepSecret);
  const steps = await inSteps({
    'new intermediates and root, both istiods': async () => {
      await plugIn(lab, next, [next.root.certificate]);
      await restartIstiods(lab, bundle([next.root.certificate]));
    },
    'the gateway': () => restartWorkloads(lab, 'gateway'),
    'the workloads': () => restartWorkloads(lab, 'mesh'),
  });
  return { ...plugged(next), restarts: ALL_RESTARTS, steps };
}

/**
 * Replaces the root so that at every moment each proxy trusts whatever any other presents: all learn the new root
 * before one presents a certificate under it, and forget the old one when none does any more (Sail operator,
 * docs/general/plugin-ca.adoc). A proxy learns roots only with a new certificate: hence the restarts.
 */
export async function rotateRoot(lab: Lab, before: Plugged, keepSecret: KeepSecret): Promise<Rotated> {
  const next = await hierarchyUnder(await makeRoot(before.root, keepSecret), before, keepSecret);
  const both = [before.root.certificate, next.root.certificate];
  const steps = await inSteps({
    'old intermediates, both roots': async () => {
      await trust(lab, both);
      await restartInTurn(lab, bundle(both));
    },
    'new intermediates, both roots': async () => {
      await plugIn(lab, next, both);
      await restartInTurn(lab, bundle(both));
    },
    'new intermediates, new root': async () => {
      await trust(lab, [next.root.certificate]);
      await restartInTurn(lab, bundle([next.root.certificate]));
    },
  });
  return { ...plugged(next), restarts: steps.length * ALL_RESTARTS, steps };
}

export async function inSteps(work: Record<string, () => Promise<void>>): Promise<Rotated['steps']> {
  const steps: Rotated['steps'] = [];
  for (const [name, step] of Object.entries(work)) {
    const started = new Date();
    await step();
    steps.push({ name, started, seconds: (Date.now() - started.getTime()) / 1000 });
  }
  return steps;
}

export const plugged = ({ root, mesh, gateway }: Hierarchy): Plugged => ({
  root,
  intermediates: { mesh: commonNameOf(mesh.certificate), gateway: commonNameOf(gateway.certificate) },
});

async function makeRoot(before: Authority, keepSecret: KeepSecret): Promise<Authority> {
  const root = await createRoot(successor(commonNameOf(before.certificate)));
  keepSecret(root.privateKey.pem());
  return root;
}

async function hierarchyUnder(root: Authority, before: Plugged, keepSecret: KeepSecret): Promise<Hierarchy> {
  const make = async (plane: PlaneName) => {
    const options = { ...successor(before.intermediates[plane]), days: INTERMEDIATE_DAYS };
    const intermediate = await createIntermediate(root, options);
    keepSecret(intermediate.privateKey.pem());
    return intermediate;
  };
  const [mesh, gateway] = await Promise.all([make('mesh'), make('gateway')]);
  return { root, mesh, gateway };
}

/** The next generation of a CA, as CAs count theirs: «SM Root CA», «SM Root CA G2», «SM Root CA G3». */
function successor(commonName: string): AuthorityOptions {
  const [, name = commonName, generation = '1'] = /^(.*?)(?: G(\d+))?$/.exec(commonName) ?? [];
  // Smaller keys than the article's: their size is not what a rotation is about, and RSA-4096 takes seconds.
  return { ...ORGANIZATION, commonName: `${name} G${Number(generation) + 1}`, algorithm: 'RSA-2048' };
}

const commonNameOf = ({ subjectCommonName }: Certificate): string => subjectCommonName ?? '';

/** Has both planes issue from these intermediates, and their workloads trust these roots. */
export async function plugIn(
  lab: Lab,
  hierarchy: Record<PlaneName, Authority>,
  roots: readonly Certificate[],
): Promise<void> {
  const secrets = PLANES.map((plane) => cacerts(lab.distribution.planes[plane], hierarchy[plane], roots));
  await apply(lab, secrets);
}

/** Has the workloads of both planes trust these roots, whatever issues. */
export async function trust(lab: Lab, roots: readonly Certificate[]): Promise<void> {
  const data = { [CA_FILES.root]: Buffer.from(bundle(roots)).toString('base64') };
  await Promise.all(
    PLANES.map(async (plane) => {
      const secret = { ...cacertsReference(lab.distribution.planes[plane]), data };
      await change(lab, secret);
    }),
  );
}
