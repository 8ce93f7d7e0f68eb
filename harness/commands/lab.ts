import { join } from 'node:path';
import { distributionOf, type Settings } from '../config/settings.ts';
import { scaleDeadlines } from '../deadlines.ts';
import { EXIT, usageFailure } from '../errors.ts';
import { bringUpLab, installCertManager } from '../mesh/bring-up.ts';
import type { Lab } from '../mesh/lab.ts';
import { removeRun, Session } from '../session.ts';
import { allRuns, isOrphan, workFolder } from '../state/runs.ts';
import { chooseSupply } from '../supply/choose.ts';
import { openSupply } from '../supply/open.ts';
import type { Supply } from '../supply/supply.ts';
import { istioOf, suppliedVersions } from './istio.ts';

/** A lab in the split, and the supply of what only some need. */
export async function bringUp(session: Session, settings: Settings): Promise<{ lab: Lab; supply: Supply }> {
  const { progress, signal, id: runId } = session;
  distributionOf(settings);
  const choice = await chooseSupply(settings.supply);
  progress.note(`Supply: ${choice.kind} (${choice.reason}). Distribution: ${settings.distribution}.`);
  const supply = openSupply(choice.kind, suppliedVersions(settings, { upgrade: false }), progress, signal);
  await session.engine();
  const parts = await supply.core();
  const istio = await istioOf(settings, supply);
  return {
    lab: await bringUpLab({ runId, ...settings, ...settings.upgrade, names: settings, parts, istio }, progress, signal),
    supply,
  };
}

/** A lab with everything in it, cert-manager too: for `up` and for the benchmark. */
export async function bringUpWhole(session: Session, settings: Settings): Promise<Lab> {
  const { lab, supply } = await bringUp(session, settings);
  const { progress, signal } = session;
  await progress.phase('Install cert-manager', async () => installCertManager(lab, await supply.certManager(), signal));
  return lab;
}

/** `meshtrust up`: a lab in the split, to look around in. */
export async function upCommand(settings: Settings): Promise<number> {
  scaleDeadlines(settings.deadlines.scale);
  await using session = new Session();
  const { ports, host } = await bringUpWhole(session, settings);
  session.keep();
  process.stdout.write(`The lab ${session.id} is up, in the split.
  export KUBECONFIG=${join(workFolder(session.id), 'kubeconfig.yaml')}
  curl --header 'Host: ${host}' http://127.0.0.1:${ports.gateway}/productpage
Remove it with: npm run meshtrust -- down
`);
  return EXIT.conformant;
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
  await session.engine();
  for (const run of doomed) {
    await session.progress.phase(`Remove the lab ${run.id}`, () => removeRun(run.id));
  }
  return EXIT.conformant;
}
