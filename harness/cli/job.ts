import { cpSync } from 'node:fs';
import { selectClaims } from '../plan/catalog.ts';
import type { Settings } from '../plan/config/settings.ts';
import { scaleDeadlines } from '../common/deadlines.ts';
import { environmentFailure, EXIT, usageFailure } from '../common/errors.ts';
import { publishJobImage } from '../job/image.ts';
import { bundledTools, jobSecrets, registrySecret, settingsInPod } from '../job/in-pod.ts';
import { jobManifest } from '../job/manifest.ts';
import { installerOf } from '../lab/mesh/installers/installers.ts';
import { pullSecret } from '../lab/mesh/pull-secret.ts';
import { PLANES } from '../observations/planes.ts';
import { type Plan, planOf } from '../plan/plan.ts';
import { parseShard } from '../verdict/report/shard.ts';
import { supplyFor } from '../run/supply.ts';
import { Session } from '../run/session.ts';
import { scratchFolder } from '../cluster/state/runs.ts';
import { type BundledParts, writeBundle } from '../supply/bundle/write.ts';
import type { ImageStore } from '../supply/push.ts';
import type { SuppliedIstio, Supply } from '../supply/supply.ts';

/** What only the command line says of a Job. */
export interface JobOptions {
  shards: number;
  namespace: string;
  /** PersistentVolumeClaim for the reports; undefined to have them in the logs. */
  volumeClaim: string | undefined;
}

/** `meshtrust job`: builds and pushes the image of an Indexed Job, and prints the Job. Returns the exit code. */
export async function jobCommand(given: Settings, { shards, namespace, volumeClaim }: JobOptions): Promise<number> {
  scaleDeadlines(given.deadlines.scale);
  const settings: Settings = { ...given, cluster: 'kubeconfig' };
  assertJob({ shards, namespace, volumeClaim });
  const groups = selectClaims(settings.profile, settings.distribution, settings.only);
  const store = storeOf(settings);
  const plan = await planOf(settings, { groups, elsewhere: true });
  await using session = new Session();
  const { progress, signal } = session;
  const { kind, reason } = plan.supply;
  progress.note(`Supply: ${kind} (${reason}). Distribution: ${settings.distribution}.`);
  const supply = supplyFor(session, plan);
  await session.engine();
  const parts = scratchFolder('parts');
  writeBundle(parts, kind, await bundled(plan, supply));
  for (const { from, to } of bundledTools(settings, parts)) cpSync(from, to, { recursive: true, dereference: true });
  const image = await progress.phase('Build the image of the Job', (say) =>
    publishJobImage({ kind, parts }, store, say, signal),
  );
  const secrets = jobSecrets(settings);
  process.stdout.write(
    jobManifest({
      ...{ namespace, image, shards, volumeClaim, secrets },
      settings: settingsInPod(settings, kind),
      pulledWith: registrySecret(settings)?.name,
    }),
  );
  for (const { name, file } of secrets) {
    progress.note(`Its pods wait for the Secret ${name}. Once the Job is applied:`);
    progress.note(
      `  kubectl --namespace ${namespace} create secret generic ${name} --type kubernetes.io/dockerconfigjson --from-file .dockerconfigjson=${file}`,
    );
  }
  return EXIT.conformant;
}

/** A label of DNS (RFC 1123, 2.1), which does for the name of every object. */
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Fails, exit code 2 or 3, for what the command line asks of a Job and cannot be. */
function assertJob({ shards, namespace, volumeClaim }: JobOptions): void {
  if (parseShard(`${shards}/${shards}`) === undefined)
    throw usageFailure(`A run has no ${shards} shards.`, {
      next: 'Choose 1 to 999 with --shards; more than there are claim groups gain nothing.',
    });
  for (const [flag, name] of Object.entries({ namespace, 'volume-claim': volumeClaim })) {
    if (name === undefined || NAME.test(name)) continue;
    throw usageFailure(`--${flag} ${name} is no name of a Kubernetes object.`, {
      next: 'Use lower-case letters, digits and hyphens, for example meshtrust-job.',
    });
  }
  if (process.platform !== 'linux') {
    throw environmentFailure(`The image of a Job is made on Linux only, this is ${process.platform}.`, {
      next: 'Use a Linux machine whose processor is that of the nodes.',
    });
  }
}

/** The registry that the nodes pull from. Fails, exit code 2, where there is none, or none that nodes can use. */
function storeOf({ registry }: Settings): ImageStore {
  if (registry === undefined) {
    throw usageFailure('The image of a Job is pulled by the nodes, and there is no registry for it.', {
      next: 'Name one that this machine and the nodes reach: registry: { push, pull } in meshtrust.yaml.',
    });
  }
  if (registry.config !== undefined) pullSecret('meshtrust', 'meshtrust', registry.config, registry.pull);
  return registry;
}

/** Parts for these claims; charts, and helm with them, only where a plane is installed by it. */
async function bundled({ settings, istioVersions, needs }: Plan, supply: Supply): Promise<BundledParts> {
  const core = await supply.core();
  const istio: SuppliedIstio[] = [];
  const wantCharts = PLANES.some((plane) => installerOf(settings.planes[plane]).uses.includes('charts'));
  for (const version of istioVersions) {
    const { charts, ...parts } = await supply.istio(version);
    istio.push({ ...parts, ...(wantCharts && charts !== undefined ? { charts } : {}) });
  }
  const addOns: BundledParts['addOns'] = {};
  for (const name of needs.addOns) addOns[name] = await supply.addOn(name);
  return { core, istio, addOns, unpinned: supply.unpinned() };
}
