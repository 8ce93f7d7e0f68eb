import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deadline } from '../deadlines.ts';
import { environmentFailure, type Failure, labFailure, messageOf } from '../errors.ts';
import { type RunOptions, tryRun } from '../process.ts';
import { eventually } from '../retry.ts';
import { workFolder } from '../state/runs.ts';

/** Label that k3d's containers, network and volumes carry anyway; its value is the cluster's name. */
const CLUSTER_LABEL = 'k3d.cluster';

/** The name of a run's cluster; everything k3d makes for it carries this name. */
const clusterName = (runId: string) => `meshtrust-${runId}`;

/** On a container that is no node, but is to go with the run: {@link deleteCluster} finds it by this label. */
export const clusterLabel = (runId: string) => ({ [CLUSTER_LABEL]: clusterName(runId) });

/** The container of the cluster's node. */
export const nodeName = (runId: string) => `k3d-${clusterName(runId)}-server-0`;

export interface K3dOptions {
  k3d: string;
  runId: string;
  nodeImage: string;
  toolsImage?: string;
  /** Folder whose tar archives the node imports when it starts. */
  imagesFolder: string;
  /** Ports on 127.0.0.1: of the API, and node port → local port. */
  apiPort: number;
  nodePorts: ReadonlyMap<number, number>;
  /** Is the node k3s itself? Then its bundled extras are switched off. */
  k3s: boolean;
}

/** Creates a one-node cluster and returns the path of its kubeconfig (private to the user). */
export async function createCluster(options: K3dOptions, signal: AbortSignal): Promise<string> {
  const { k3d, runId } = options;
  const ports = [...options.nodePorts].flatMap(([node, local]) => [
    '--port',
    `127.0.0.1:${local}:${node}@server:0:direct`,
  ]);
  const k3sArguments = options.k3s
    ? ['traefik', 'servicelb', 'metrics-server', 'local-storage']
        .map((extra) => `--disable=${extra}`)
        .concat('--kubelet-arg=sync-frequency=10s', '--kubelet-arg=fail-cgroupv1=false')
    : // k3d otherwise waits for the ConfigMap of k3s's own CoreDNS.
      ['--disable=coredns'];
  const command = [
    ...[k3d, 'cluster', 'create', clusterName(runId), '--image', options.nodeImage, '--no-lb'],
    ...['--api-port', `127.0.0.1:${options.apiPort}`, ...ports],
    ...['--volume', `${options.imagesFolder}:/var/lib/rancher/k3s/agent/images@server:0`],
    ...k3sArguments.flatMap((argument) => ['--k3s-arg', `${argument}@server:0`]),
    ...['--kubeconfig-update-default=false', '--kubeconfig-switch-context=false'],
    ...['--timeout', `${Math.round(deadline(options.k3s ? 'k3sUp' : 'clusterUp') / 1000)}s`],
  ];
  const environment = options.toolsImage === undefined ? {} : { K3D_IMAGE_TOOLS: options.toolsImage };
  const created = await tryRun(command, { signal, env: environment });
  signal.throwIfAborted();
  if (created.exitCode !== 0) throw explain(created.stdout + created.stderr, command);

  const kubeconfig = await tryRun([k3d, 'kubeconfig', 'get', clusterName(runId)], { signal });
  signal.throwIfAborted();
  if (kubeconfig.exitCode !== 0) throw labFailure('k3d gave no kubeconfig.', { evidence: kubeconfig.stderr });
  const path = join(workFolder(runId), 'kubeconfig.yaml');
  writeFileSync(path, kubeconfig.stdout, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

function explain(output: string, command: readonly string[]): Failure {
  const detail = { command: command.join(' '), evidence: output };
  if (output.includes('unable to apply caps') || output.includes('operation not permitted')) {
    return environmentFailure('The container engine cannot run the privileged container of a Kubernetes node.', {
      ...detail,
      next: 'Use an engine that may (a rootful Docker on a machine with all capabilities); meshtrust does not reconfigure one that runs already.',
    });
  }
  if (/port is already allocated|address already in use/.test(output)) {
    return environmentFailure('A port of the lab is taken.', {
      ...detail,
      next: 'Stop what listens there, or leave the ports out of the configuration to have free ones chosen.',
    });
  }
  if (output.includes('no space left on device')) {
    return environmentFailure('The disk is full.', {
      ...detail,
      next: 'Free some space; docker system df shows who uses it.',
    });
  }
  return labFailure('k3d could not create the cluster.', detail);
}

/** Runs a command inside the cluster's node. */
export async function execInNode(runId: string, command: readonly string[], options: RunOptions): Promise<void> {
  const output = await tryRun(['docker', 'exec', nodeName(runId), ...command], options);
  options.signal?.throwIfAborted();
  if (output.exitCode !== 0) throw labFailure(`${command.join(' ')} failed in the node.`, { evidence: output.stderr });
}

/**
 * Removes everything of a run's cluster through the engine itself: works without k3d, on half-made clusters, and on
 * ones whose node no longer starts. Nothing there is not an error. Looks twice: what an interrupted k3d has asked the
 * engine for may come about after the first look.
 */
export async function deleteCluster(runId: string): Promise<void> {
  const name = clusterName(runId);
  try {
    await eventually(
      async () => {
        if (await deleteWhatIsThere(name)) throw new Error('something of it was still there');
      },
      { waitingFor: `the cluster ${name} to be gone`, within: 'clusterDown', inARow: 2 },
    );
  } catch (error) {
    throw environmentFailure(`The cluster ${name} could not be removed: ${messageOf(error)}`, {
      next: `Remove what \`docker ps --all --filter label=${CLUSTER_LABEL}=${name}\` shows by hand.`,
      cause: error,
    });
  }
}

/** One look; tells whether there was anything. */
async function deleteWhatIsThere(name: string): Promise<boolean> {
  const list = async (...words: string[]) => {
    const output = await tryRun(['docker', ...words]);
    if (output.exitCode !== 0) throw new Error(output.stderr.trim());
    return output.stdout.split('\n').filter((line) => line !== '');
  };
  const containers = await list('ps', '--all', '--quiet', '--filter', `label=${CLUSTER_LABEL}=${name}`);
  if (containers.length > 0) await removeSome(['container', 'rm', '--force', '--volumes', ...containers]);
  const volumes = await list('volume', 'ls', '--quiet', '--filter', `name=k3d-${name}-`);
  if (volumes.length > 0) await removeSome(['volume', 'rm', '--force', ...volumes]);
  const networks = await list('network', 'ls', '--quiet', '--filter', `name=^k3d-${name}$`);
  if (networks.length > 0) await removeSome(['network', 'rm', ...networks]);
  return containers.length + volumes.length + networks.length > 0;
}

async function removeSome(words: readonly string[]): Promise<void> {
  const output = await tryRun(['docker', ...words]);
  // Another run may be removing the same.
  const gone = /no such|not found|already in progress/i.test(output.stderr);
  if (output.exitCode !== 0 && !gone) throw new Error(output.stderr.trim());
}
