import { startPlainCluster } from '../supply/testing/plain-cluster.ts';
import type { Session } from '../run/session.ts';
import { scratchFolder } from '../cluster/state/runs.ts';
import { chooseSupply } from '../supply/choose.ts';
import { openSupply } from '../supply/open.ts';
import { startRegistry } from '../supply/testing/registry.ts';
import { VERSIONS } from '../supply/versions.ts';
import { listAtRest } from './listing.ts';
import { startFaultyProxy } from './proxy.ts';
import type { Stage } from './trial.ts';
import { furnish, type World } from './world.ts';

/** A plain cluster with somebody's world in it, and the proxy that runs go through. It goes with the session. */
export async function openStage(name: World['name'], session: Session): Promise<Stage> {
  const { id: runId, progress, signal } = session;
  await session.engine();
  const { kind } = await chooseSupply('auto');
  const supply = openSupply(kind, [VERSIONS.istio], { pullsItself: false }, progress, signal);
  const parts = await supply.core();
  return await progress.phase(`Make a cluster with somebody's world: ${name}`, async () => {
    const registry = await startRegistry(runId, signal);
    session.hold(registry);
    const cluster = await startPlainCluster(runId, parts, registry.registries, signal);
    const world = await furnish(name, { runId, cluster, supply, parts, signal });
    const proxy = await startFaultyProxy(cluster.kubeconfig, scratchFolder('proxy'));
    session.hold(proxy);
    return {
      world,
      proxy,
      settings: { supply: kind, registry: registry.store('lab') },
      before: await listAtRest(cluster),
      signal,
    };
  });
}
