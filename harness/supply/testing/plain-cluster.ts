import { linkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defined } from '../../common/defined.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { type Inventory, takeInventory } from '../../cluster/kube/inventory.ts';
import { run } from '../../common/process.ts';
import { eventually } from '../../common/retry.ts';
import { scratchFolder } from '../../cluster/state/runs.ts';
import type { CoreParts } from '../supply.ts';
import { freePort } from '../../cluster/ports.ts';
import { clusterName, nodeName, registryFlags } from '../../cluster/k3d.ts';
import { compareInventories } from '../../cluster/ownership/compare.ts';
import { connect } from '../../cluster/access.ts';

/** A cluster that no command of ours has made, as somebody would who has k3d and knows nothing of meshtrust. */
export interface PlainCluster {
  /** Path of its kubeconfig, private to the user. */
  kubeconfig: string;
  context: string;
  /** Folder on this machine that is the node's folder of images. */
  images: string;
  kubectl: (words: readonly string[], input?: string) => Promise<string>;
}

/**
 * Made by k3d with the supply's node image: k3s, or ours where everything is built here. It has the name of the run's own
 * cluster, and goes with the run as that would.
 */
export async function startPlainCluster(
  runId: string,
  parts: CoreParts,
  registries: string | undefined,
  signal: AbortSignal,
): Promise<PlainCluster> {
  const { k3d, kubectl } = parts.tools;
  const name = clusterName(runId);
  const isK3s = parts.k3dToolsImage === undefined;
  const folder = scratchFolder('plain');
  // Its pause image is among them.
  for (const archive of parts.archives) linkSync(archive, join(folder, basename(archive)));
  const command = [
    ...[k3d, 'cluster', 'create', name, '--image', parts.nodeImage, '--no-lb'],
    ...[
      '--api-port',
      `127.0.0.1:${await freePort()}`,
      '--k3s-arg',
      `--disable=${isK3s ? 'traefik' : 'coredns'}@server:0`,
    ],
    ...['--volume', `${folder}:/var/lib/rancher/k3s/agent/images@all`],
    ...registryFlags({ runId, registries, k3s: isK3s }),
    ...['--kubeconfig-update-default=false', '--kubeconfig-switch-context=false', '--timeout', '180s'],
  ];
  await run(command, { signal, env: isK3s ? {} : { K3D_IMAGE_TOOLS: parts.nodeImage } });
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, await run([k3d, 'kubeconfig', 'get', name]), { mode: 0o600 });
  await settled(connect({ kubeconfig }), nodeName(runId));
  return {
    kubeconfig,
    context: `k3d-${name}`,
    images: folder,
    kubectl: (words, input) => run([kubectl, '--kubeconfig', kubeconfig, ...words], defined({ input })),
  };
}

/** So many looks in a row that find the same: nobody makes anything any more. */
const QUIET = 12;

/** A new cluster goes on making things of its own: the kubelet's Lease comes some ten seconds after the node is Ready. */
async function settled(kube: Kube, node: string): Promise<void> {
  let former: Inventory = { objects: [], unread: [] };
  await eventually(
    async () => {
      const current = await takeInventory(kube);
      const { added, gone } = compareInventories(former, current);
      former = current;
      if (added.length + gone.length > 0)
        throw new Error(`it has changed: ${[...added, ...gone].slice(0, 5).join(', ')}`);
      if (!current.objects.some(({ kind, name }) => kind === 'Lease' && name === node))
        throw new Error('the node has no Lease');
    },
    { waitingFor: 'the cluster to be quiet', within: 'clusterUp', inARow: QUIET },
  );
}
