import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defined } from '../../common/defined.ts';
import { saveAccess } from '../../cluster/access.ts';
import { createCluster, execInNodes, type K3dOptions } from '../../cluster/k3d.ts';
import { freePort } from '../../cluster/ports.ts';
import { ledgerOfOwn } from '../../cluster/ownership/ledger.ts';
import { workFolder } from '../../cluster/state/runs.ts';
import type { CoreParts } from '../../supply/supply.ts';
import type { LabCluster } from './lab-cluster.ts';

export interface K3dLab {
  runId: string;
  parts: CoreParts;
  /** Image archives that the nodes import when they start. */
  archives: readonly string[];
  /** Local ports, 0 to have a free one chosen. */
  ports: { api: number; gateway: number };
  k3d: Pick<K3dOptions, 'agents' | 'registries'>;
}

/** The gateway's node port, which is published on 127.0.0.1. */
const NODE_PORT = 30080;
const EXPOSURE = { type: 'NodePort', nodePort: NODE_PORT } as const;

/** A cluster of the run's own. The caller removes it, however far this comes. */
export async function labOnK3d(lab: K3dLab, signal: AbortSignal): Promise<LabCluster> {
  const { runId, parts, archives, ports, k3d } = lab;
  const local = await freePort(ports.gateway);
  const kubeconfig = await createCluster(
    {
      k3d: parts.tools.k3d,
      runId,
      nodeImage: parts.nodeImage,
      ...defined({ toolsImage: parts.k3dToolsImage }),
      imagesFolder: placeArchives(runId, archives),
      apiPort: await freePort(ports.api),
      nodePorts: new Map([[NODE_PORT, local]]),
      k3s: parts.k3dToolsImage === undefined,
      ...k3d,
    },
    signal,
  );
  saveAccess(runId, { kubeconfig });
  return {
    access: { kubeconfig },
    isGuest: false,
    take: () => Promise.resolve(ledgerOfOwn(runId)),
    before: { objects: [], unread: [] },
    wayIn: EXPOSURE,
    addImages: (more, within) => addImages(runId, more, within),
    way: () => Promise.resolve({ address: { host: '127.0.0.1', port: local }, exposure: EXPOSURE }),
  };
}

async function addImages(runId: string, archives: readonly string[], signal: AbortSignal): Promise<void> {
  placeArchives(runId, archives);
  for (const archive of archives) {
    const path = `/var/lib/rancher/k3s/agent/images/${basename(archive)}`;
    await execInNodes(runId, ['ctr', '--namespace', 'k8s.io', 'images', 'import', path], { signal });
  }
}

/** The lab's folder of image archives: k3s, and our launcher like it, imports what lies there when it starts. */
function placeArchives(runId: string, archives: readonly string[]): string {
  const folder = join(workFolder(runId), 'images');
  mkdirSync(folder, { recursive: true });
  for (const archive of archives) {
    const place = join(folder, basename(archive));
    try {
      linkSync(archive, place);
    } catch {
      copyFileSync(archive, place);
    }
  }
  return folder;
}
