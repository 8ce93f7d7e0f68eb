import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../../common/progress.ts';
import { type LoopbackApi, type LoopbackCluster, startLoopbackApi } from './api.ts';

export interface OpenLoopback extends AsyncDisposable {
  /** Path of a kubeconfig file. */
  kubeconfig: string;
  asked: LoopbackApi['asked'];
}

/** Serves a cluster over loopback, with a kubeconfig file that goes with it. */
export async function openLoopback(cluster: LoopbackCluster): Promise<OpenLoopback> {
  const api = await startLoopbackApi(cluster);
  const folder = await mkdtempDisposable(join(tmpdir(), 'meshtrust-loopback-'));
  const kubeconfig = join(folder.path, 'kubeconfig.yaml');
  await writeFile(kubeconfig, api.kubeconfig, { mode: 0o600 });
  return {
    kubeconfig,
    asked: api.asked,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

/** Progress that says nothing. */
export const SILENT: Pick<Progress, 'phase'> = {
  phase: async (_, work) => await work(() => undefined),
};
