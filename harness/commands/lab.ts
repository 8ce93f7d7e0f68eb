import { randomBytes } from 'node:crypto';
import { type ClaimGroup, isUpgrade } from '../claims/catalog.ts';
import { distributionOf, type Settings } from '../config/settings.ts';
import { scaleDeadlines } from '../deadlines.ts';
import { EXIT } from '../errors.ts';
import { allAddOns } from '../mesh/add-ons.ts';
import { archivesOf, bringUpLab, installAddOn, type StandingLab } from '../mesh/bring-up.ts';
import { type Lab, overlaysOf } from '../mesh/lab.ts';
import { wayInService } from '../mesh/lab-manifests.ts';
import { Session } from '../session.ts';
import { rememberSecret } from '../state/runs.ts';
import type { Choice } from '../supply/choose.ts';
import { type Supply, withImages } from '../supply/supply.ts';
import { print } from '../terminal.ts';
import { assertSettings } from './check.ts';
import { openGround } from './ground.ts';
import { assertTools } from './installers.ts';
import { istioBefore, istioOf, suppliedVersions } from './istio.ts';
import { laterObjects } from './later.ts';
import { pullingOf, withPulling } from './pulling.ts';
import { choiceOf, needsEngine, supplyFor } from './supply.ts';

/** What becomes known on the way to a lab, for a report that is written at any moment. */
export interface Known {
  supply?: Choice;
  engine?: string;
  /** What was taken without a pin, a sentence each. */
  unpinned?: () => string[];
}

/** What a lab is brought up for. */
export interface Purpose {
  /** The claim groups that are to be judged in it; undefined for a whole lab to look around in. */
  groups?: readonly ClaimGroup[];
  known?: Known;
}

/** A lab in the split, and the supply of what only some need. With an upgrade its planes are of the version that starts from. */
export async function bringUp(
  session: Session,
  settings: Settings,
  { groups, known = {} }: Purpose = {},
): Promise<StandingLab & { supply: Supply }> {
  const { progress, signal, id: runId } = session;
  const upgrade = isUpgrade(groups ?? []);
  assertSettings(settings, { upgrade });
  const choice = await choiceOf(settings);
  known.supply = choice;
  assertTools(settings, choice.kind);
  progress.note(`Supply: ${choice.kind} (${choice.reason}). Distribution: ${settings.distribution}.`);
  const supply = supplyFor(session, settings, choice.kind, suppliedVersions(settings, { upgrade }));
  known.unpinned = () => supply.unpinned();
  if (needsEngine(settings, choice.kind)) known.engine = (await session.engine()).description;
  const parts = withImages(await supply.core(), settings.images);
  const last = await istioOf(settings, supply);
  const pulling = pullingOf(settings, last);
  const next = withPulling(last, pulling);
  const planes = upgrade ? { istio: withPulling(await istioBefore(settings, supply), pulling), next } : { istio: next };
  const distribution = distributionOf(settings, overlaysOf(planes.istio));
  const archives = archivesOf({ parts, ...planes });
  const ground = () => openGround(session, settings, { parts, archives, distribution });
  const later = laterObjects({ supply, pulling, distribution, groups, ...(upgrade ? { next } : {}) });
  const {
    host,
    upgrade: { lossBudget },
  } = settings;
  const probeToken = randomBytes(24).toString('hex');
  rememberSecret(runId, probeToken);
  const plan = { runId, distribution, ground, parts, ...planes, pulling, host, lossBudget, probeToken, later };
  return { ...(await bringUpLab(plan, progress, signal)), supply };
}

/** A lab with everything in it, all add-ons too: for `up` and for the benchmark. */
export async function bringUpWhole(session: Session, settings: Settings): Promise<Lab> {
  const { supply, ...standing } = await bringUp(session, settings);
  const { progress, signal } = session;
  for (const addOn of allAddOns()) {
    await progress.phase(`Install ${addOn.name}`, async () =>
      installAddOn(standing, addOn, await supply.addOn(addOn.name), signal),
    );
  }
  return standing.lab;
}

/** `meshtrust up`: a lab in the split, to look around in. */
export async function upCommand(settings: Settings): Promise<number> {
  scaleDeadlines(settings.deadlines.scale);
  await using session = new Session();
  const lab = await bringUpWhole(session, settings);
  session.keep();
  const way = settings.cluster === 'k3d' ? wayToOwn(lab) : wayToExisting(lab);
  print(process.stdout, `The lab ${session.id} is up, in the split.\n${way}`);
  print(process.stdout, `Remove it with: npm run meshtrust -- down ${session.id}`);
  return EXIT.conformant;
}

const wayToOwn = ({ access, host, ways: { gateway } }: Lab) => `  export KUBECONFIG=${access.kubeconfig ?? ''}
  curl --header 'Host: ${host}' http://${gateway.host}:${gateway.port}/productpage`;

/** A port-forward of ours has ended with us. */
function wayToExisting({ access, host, distribution }: Lab): string {
  const { namespace, name } = wayInService(distribution);
  return `  kubectl --context ${access.context ?? ''} --namespace ${namespace} port-forward service/${name} 8080:80
  curl --header 'Host: ${host}' http://127.0.0.1:8080/productpage`;
}
