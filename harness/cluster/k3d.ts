import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { defined } from '../common/defined.ts';
import { deadline } from '../common/deadlines.ts';
import { environmentFailure, type Failure, labFailure, messageOf } from '../common/errors.ts';
import { execInContainer, removeAll, runningContainers } from './engine/docker.ts';
import { commandLine, type RunOptions, tryRun } from '../common/process.ts';
import { eventually } from '../common/retry.ts';
import { workFolder } from './state/runs.ts';
import { readRegistries, tlsFiles } from './registries.ts';
import { containerdFiles, REGISTRIES_FOLDER } from './registry-hosts.ts';

/** Label that k3d's containers, network and volumes carry anyway; its value is the cluster's name. */
const CLUSTER_LABEL = 'k3d.cluster';

/** The name of a run's cluster; everything k3d makes for it carries this name. */
export const clusterName = (runId: string) => `meshtrust-${runId}`;

/** On a container that is no node, but is to go with the run: {@link deleteCluster} finds it by this label. */
export const clusterLabel = (runId: string) => ({ [CLUSTER_LABEL]: clusterName(runId) });

/** The container of the cluster's server, its first node. */
export const nodeName = (runId: string) => `k3d-${clusterName(runId)}-server-0`;

export interface K3dOptions {
  k3d: string;
  runId: string;
  nodeImage: string;
  toolsImage?: string;
  /** Folder whose tar archives every node imports when it starts. */
  imagesFolder: string;
  /** Ports on 127.0.0.1: of the API, and node port → local port. */
  apiPort: number;
  nodePorts: ReadonlyMap<number, number>;
  /** Are the nodes k3s itself? Then its bundled extras are switched off. */
  k3s: boolean;
  /** Nodes beside the server. */
  agents: number;
  /** Path of a registries.yaml of k3s: how the nodes reach registries, credentials included. */
  registries?: string | undefined;
}

/** Creates a cluster of a server and as many agents as asked; returns the path of its kubeconfig (private to the user). */
export async function createCluster(options: K3dOptions, signal: AbortSignal): Promise<string> {
  const { k3d, runId } = options;
  const command = [...createCommand(options), ...registryFlags(options)];
  const environment = defined({ K3D_IMAGE_TOOLS: options.toolsImage });
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

/** What makes k3d create the cluster, without what is said of registries. */
export function createCommand(options: K3dOptions): string[] {
  const { agents, k3s } = options;
  const ports = [...options.nodePorts].flatMap(([node, local]) => [
    '--port',
    `127.0.0.1:${local}:${node}@server:0:direct`,
  ]);
  const k3sArguments = k3s
    ? [
        ...['traefik', 'servicelb', 'metrics-server', 'local-storage'].map((extra) => `--disable=${extra}@server:0`),
        ...['sync-frequency=10s', 'fail-cgroupv1=false'].map((argument) => `--kubelet-arg=${argument}@all`),
      ]
    : // k3d otherwise waits for the ConfigMap of k3s's own CoreDNS.
      ['--disable=coredns@server:0'];
  // The agents start when the server is up, and take their time once more.
  const patience = deadline(k3s ? 'k3sUp' : 'clusterUp') * (agents === 0 ? 1 : 2);
  return [
    ...[options.k3d, 'cluster', 'create', clusterName(options.runId), '--image', options.nodeImage, '--no-lb'],
    ...['--api-port', `127.0.0.1:${options.apiPort}`, ...ports],
    ...['--volume', `${options.imagesFolder}:/var/lib/rancher/k3s/agent/images@all`],
    ...(agents === 0 ? [] : ['--agents', String(agents)]),
    // Our launcher makes the server ready for agents only where there will be some.
    ...(agents === 0 || k3s ? [] : ['--env', `MESHTRUST_AGENTS=${agents}@server:0`]),
    ...k3sArguments.flatMap((argument) => ['--k3s-arg', argument]),
    ...['--kubeconfig-update-default=false', '--kubeconfig-switch-context=false'],
    ...['--timeout', `${Math.round(patience / 1000)}s`],
  ];
}

/** Hands a registries.yaml to the nodes: k3s reads it itself, our launcher gets it translated. No secret is in a flag. */
export function registryFlags({
  runId,
  registries: path,
  k3s,
}: Pick<K3dOptions, 'runId' | 'registries' | 'k3s'>): string[] {
  if (path === undefined) return [];
  const registries = readRegistries(path);
  const certificates = new Set(tlsFiles(registries).map(({ file }) => file));
  const mounts = [...certificates].flatMap((file) => ['--volume', `${file}:${file}:ro@all`]);
  if (k3s) return ['--registry-config', resolve(path), ...mounts];
  const folder = join(workFolder(runId), 'registries');
  for (const [name, text] of containerdFiles(registries)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  return ['--volume', `${folder}:${REGISTRIES_FOLDER}:ro@all`, ...mounts];
}

function explain(output: string, command: readonly string[]): Failure {
  const detail = { command: commandLine(command), evidence: output };
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

/** Runs a command inside every node of the cluster, in all at once. */
export async function execInNodes(runId: string, command: readonly string[], options: RunOptions): Promise<void> {
  const nodes = await nodesOf(runId, options);
  await Promise.all(
    nodes.map(async (node) => {
      const output = await execInContainer(node, command, options);
      if (output.exitCode !== 0)
        throw labFailure(`${commandLine(command)} failed in ${node}.`, { evidence: output.stderr });
    }),
  );
}

/** The containers of the cluster's nodes. */
async function nodesOf(runId: string, options: RunOptions): Promise<string[]> {
  const cluster = `${CLUSTER_LABEL}=${clusterName(runId)}`;
  const roles = ['server', 'agent'].map((role) => runningContainers([cluster, `k3d.role=${role}`], options));
  return (await Promise.all(roles)).flat();
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

/** One look; tells whether there was anything. A network goes when nobody is in it any more. */
async function deleteWhatIsThere(name: string): Promise<boolean> {
  const containers = await removeAll('container', `label=${CLUSTER_LABEL}=${name}`);
  const volumes = await removeAll('volume', `name=k3d-${name}-`);
  const networks = await removeAll('network', `name=^k3d-${name}$`);
  return containers || volumes || networks;
}
