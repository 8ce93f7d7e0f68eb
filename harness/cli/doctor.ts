import { SUPPLIES } from '../supply/open.ts';
import { totalmem } from 'node:os';
import { openExisting } from '../cluster/existing.ts';
import { preflight } from '../cluster/preflight.ts';
import { distributionOf, type Settings } from '../plan/config/settings.ts';
import { findProgram } from '../cluster/engine/install.ts';
import { EXIT, messageOf } from '../common/errors.ts';
import type { Finding } from '../cluster/finding.ts';
import { apiMessage } from '../cluster/kube/failure.ts';
import { takeInventory } from '../cluster/kube/inventory.ts';
import { namespaces } from '../lab/mesh/lab-manifests.ts';
import { engineVersion } from '../cluster/engine/docker.ts';
import { isGuest } from '../run/guest.ts';
import { allRuns, isOrphan } from '../cluster/state/runs.ts';
import { assertDiskSpace } from '../supply/disk.ts';
import { assertGo } from '../supply/source/go.ts';
import { COLD_DISK } from '../supply/source/source.ts';
import { print } from '../common/terminal.ts';
import { choiceOf, needsEngine } from '../plan/supply.ts';

const GIB = 2 ** 30;
/** The lab takes 1.6 GiB, a build from source up to 5. */
const LAB_DISK = 8 * GIB;
const MEMORY = { lab: 4 * GIB, source: 8 * GIB };

/** `meshtrust doctor`: what a run would meet on this machine, without changing anything. Exit code 3 if it would fail. */
export async function doctorCommand(settings: Settings): Promise<number> {
  const choice = await choiceOf(settings);
  const isOwn = settings.cluster === 'k3d';
  const builds = SUPPLIES[choice.kind].buildsHere && settings.bundle === undefined;
  const findings = [
    { state: 'note' as const, text: `Supply would be ${choice.kind}: ${choice.reason}.` },
    ...(needsEngine(settings, choice.kind) ? [await engine()] : []),
    ...(isOwn ? [memory(builds ? MEMORY.source : MEMORY.lab)] : await cluster(settings)),
    disk(builds ? COLD_DISK : LAB_DISK),
    ...(builds ? [await go()] : []),
    labs(),
  ];
  const marks = { good: ['green', '✔'], note: ['dim', '·'], bad: ['red', '✖'] } as const;
  for (const { state, text } of findings) {
    const [colour, mark] = marks[state];
    print(process.stdout, [colour, mark], ` ${text}`);
  }
  return findings.some(({ state }) => state === 'bad') ? EXIT.environment : EXIT.conformant;
}

async function cluster(settings: Settings): Promise<Finding[]> {
  const kube = openExisting(settings.kubeconfig);
  kube.as('doctor');
  const where: Finding = { state: 'note', text: `Context ${kube.context} at ${kube.server}. Nothing is changed.` };
  try {
    const inventory = await takeInventory(kube);
    return [where, ...(await preflight(kube, inventory, namespaces(distributionOf(settings))))];
  } catch (error) {
    return [where, { state: 'bad', text: `The cluster does not answer as it should: ${apiMessage(error)}` }];
  }
}

async function engine(): Promise<Finding> {
  const version = await engineVersion().catch(() => undefined);
  if (version !== undefined) return { state: 'good', text: `A container engine answers: Docker ${version}.` };
  if (findProgram('apt-get') !== undefined && process.getuid?.() === 0) {
    return { state: 'note', text: 'No container engine answers; a run would install (if need be) and start one.' };
  }
  return { state: 'bad', text: 'No container engine answers. Start Docker, or run as root on Debian or Ubuntu.' };
}

function memory(wanted: number): Finding {
  const text = `${(totalmem() / GIB).toFixed(0)} GiB of memory; ${wanted / GIB} are comfortable.`;
  return { state: totalmem() < wanted ? 'note' : 'good', text };
}

function disk(needed: number): Finding {
  try {
    assertDiskSpace(needed, 'a first run');
    return { state: 'good', text: `Disk enough for a first run (${needed / GIB} GiB).` };
  } catch (error) {
    return { state: 'bad', text: messageOf(error) };
  }
}

async function go(): Promise<Finding> {
  try {
    await assertGo();
    return { state: 'good', text: 'Go is here, new enough for a build from source.' };
  } catch (error) {
    return { state: 'bad', text: messageOf(error) };
  }
}

function labs(): Finding {
  const kept = allRuns().filter((run) => run.kept || (isOrphan(run) && isGuest(run)));
  if (kept.length === 0) return { state: 'good', text: 'No lab is left over.' };
  const ids = kept.map(({ id }) => id).join(', ');
  return { state: 'note', text: `Labs that are still up: ${ids} (npm run meshtrust -- down removes them).` };
}
