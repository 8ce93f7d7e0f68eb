import { distributionOf, type Settings } from '../config/settings.ts';
import { scaleDeadlines } from '../deadlines.ts';
import { EXIT, usageFailure } from '../errors.ts';
import { archivesOf, bringUpLab, installCertManager, type StandingLab } from '../mesh/bring-up.ts';
import { type Lab, overlaysOf } from '../mesh/lab.ts';
import { entranceServices } from '../mesh/lab-manifests.ts';
import { isGuest, removeRun, Session } from '../session.ts';
import { allRuns, isOrphan } from '../state/runs.ts';
import type { Choice } from '../supply/choose.ts';
import { type Supply, withImages } from '../supply/supply.ts';
import { assertSettings } from './check.ts';
import { openGround } from './ground.ts';
import { assertTools } from './installers.ts';
import { istioBefore, istioOf, suppliedVersions } from './istio.ts';
import { pullingOf, withPulling } from './pulling.ts';
import { choiceOf, needsEngine, supplyFor } from './supply.ts';

/** What becomes known on the way to a lab, for a report that is written at any moment. */
export interface Known {
  supply?: Choice;
  engine?: string;
}

/** A lab in the split, and the supply of what only some need. With an upgrade its planes are of the version that starts from. */
export async function bringUp(
  session: Session,
  settings: Settings,
  { upgrade, known }: { upgrade: boolean; known: Known } = { upgrade: false, known: {} },
): Promise<StandingLab & { supply: Supply }> {
  const { progress, signal, id: runId } = session;
  assertSettings(settings, { upgrade });
  const choice = await choiceOf(settings);
  known.supply = choice;
  assertTools(settings, choice.kind);
  progress.note(`Supply: ${choice.kind} (${choice.reason}). Distribution: ${settings.distribution}.`);
  const supply = supplyFor(session, settings, choice.kind, suppliedVersions(settings, { upgrade }));
  if (needsEngine(settings, choice.kind)) known.engine = (await session.engine()).description;
  const parts = withImages(await supply.core(), settings.images);
  const last = await istioOf(settings, supply);
  const pulling = pullingOf(settings, last);
  const next = withPulling(last, pulling);
  const planes = upgrade ? { istio: withPulling(await istioBefore(settings, supply), pulling), next } : { istio: next };
  const distribution = distributionOf(settings, overlaysOf(planes.istio));
  const archives = archivesOf({ parts, ...planes });
  const ground = () => openGround(session, settings, { parts, archives, distribution });
  const {
    host,
    upgrade: { lossBudget },
  } = settings;
  const plan = { runId, distribution, ground, parts, ...planes, pulling, host, lossBudget };
  return { ...(await bringUpLab(plan, progress, signal)), supply };
}

/** A lab with everything in it, cert-manager too: for `up` and for the benchmark. */
export async function bringUpWhole(session: Session, settings: Settings): Promise<Lab> {
  const { supply, ...standing } = await bringUp(session, settings);
  const { progress, signal } = session;
  await progress.phase('Install cert-manager', async () =>
    installCertManager(standing, await supply.certManager(), signal),
  );
  return standing.lab;
}

/** `meshtrust up`: a lab in the split, to look around in. */
export async function upCommand(settings: Settings): Promise<number> {
  scaleDeadlines(settings.deadlines.scale);
  await using session = new Session();
  const lab = await bringUpWhole(session, settings);
  session.keep();
  process.stdout.write(`The lab ${session.id} is up, in the split.
${settings.cluster === 'k3d' ? wayToOwn(lab) : wayToExisting(lab)}
Remove it with: npm run meshtrust -- down ${session.id}
`);
  return EXIT.conformant;
}

const wayToOwn = ({ access, host, ways: { gateway } }: Lab) => `  export KUBECONFIG=${access.kubeconfig ?? ''}
  curl --header 'Host: ${host}' http://${gateway.host}:${gateway.port}/productpage`;

/** A port-forward of ours has ended with us. */
function wayToExisting({ access, host, distribution }: Lab): string {
  const { namespace, name } = entranceServices(distribution).gateway;
  return `  kubectl --context ${access.context ?? ''} --namespace ${namespace} port-forward service/${name} 8080:80
  curl --header 'Host: ${host}' http://127.0.0.1:8080/productpage`;
}

/** `meshtrust down`: removes kept labs, all or the one named, and what dead runs have left. */
export async function downCommand(id: string | undefined): Promise<number> {
  const idle = allRuns().filter((run) => run.kept || isOrphan(run));
  if (id !== undefined && !idle.some((run) => run.id === id)) {
    throw usageFailure(`There is no lab ${id}.`, {
      next: `There are: ${idle.map((run) => run.id).join(', ') || 'none'}.`,
    });
  }
  const doomed = idle.filter((run) => id === undefined || run.id === id);
  if (doomed.length === 0) {
    process.stdout.write('There is no lab.\n');
    return EXIT.conformant;
  }
  await using session = new Session();
  if (!doomed.every(isGuest)) await session.engine();
  for (const run of doomed) {
    await session.progress.phase(`Remove the lab ${run.id}`, () => removeRun(run.id));
  }
  return EXIT.conformant;
}
