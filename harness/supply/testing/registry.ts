import { hash } from 'bcryptjs';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { GenericContainer, Wait } from 'testcontainers';
import { stringify } from 'yaml';
import { discard } from '../../cluster/ownership/files.ts';
import { clusterLabel } from '../../cluster/k3d.ts';
import { freePort } from '../../cluster/ports.ts';
import { deadline } from '../../common/deadlines.ts';
import { environmentFailure } from '../../common/errors.ts';
import { run } from '../../common/process.ts';
import { scratchFolder } from '../../cluster/state/runs.ts';
import type { ImageStore } from '../push.ts';
import { buildGoPart, goPartDigest, type GoPart } from '../source/go.ts';
import { builtImage } from '../source/images.ts';

const PROGRAM: GoPart = { name: 'registry', packages: ['./registry'] };
const PORT = 5000;

/** What nodes call it; where that leads is in their registries.yaml. No DNS knows it (RFC 6761, 6.2). */
const NAME = 'registry.vendor.test';

/** The least there is: a random password needs no slow hash, and each request is checked against it. */
const BCRYPT_ROUNDS = 4;

/** An OCI registry that nobody may use without its password. */
export interface StartedRegistry extends AsyncDisposable {
  /** Where this machine reaches it, container engine included: 127.0.0.1 and a port. */
  readonly host: string;
  /** URL by which the nodes of a k3d cluster on this machine reach it. */
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
  /** Path of a docker config.json with the credentials, private to the user. */
  readonly config: string;
  /** Path of a k3s registries.yaml that leads nodes there; without credentials, which are for pull secrets. */
  readonly registries: string;
  /** A place in it for a vendor's images, by its names for the engine and for nodes. */
  store(path: string): Required<ImageStore>;
}

/** distribution's registry, built from source. On Linux: an engine in a virtual machine has its bridge elsewhere. */
export async function startRegistry(runId: string, signal: AbortSignal): Promise<StartedRegistry> {
  const image = await buildRegistry(signal);
  const [port, gateway] = [await freePort(), await bridgeAddress(signal)];
  const username = 'vendor';
  const password = randomBytes(24).toString('base64url');
  const container = new RegistryContainer(image)
    .publishedOn(['127.0.0.1', gateway], port)
    // Copied in, not mounted: it never lies on this machine.
    .withCopyContentToContainer([
      { content: `${username}:${await hash(password, BCRYPT_ROUNDS)}\n`, target: '/auth/htpasswd', mode: 0o600 },
    ])
    // Ours to remove, with the run: testcontainers' own helper for that is an image, and would have to be pulled.
    .withAutoCleanup(false)
    .withLabels(clusterLabel(runId))
    .withWaitStrategy(Wait.forHttp('/v2/', PORT, { abortOnContainerExit: true }).forStatusCode(401))
    .withStartupTimeout(deadline('testRegistry'));
  signal.throwIfAborted();
  const started = await container.start();

  const folder = scratchFolder('registry');
  const [host, endpoint] = [`127.0.0.1:${port}`, `http://${gateway}:${port}`];
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const entry = { auth: Buffer.from(`${username}:${password}`).toString('base64') };
  const config = write('config.json', JSON.stringify({ auths: { [host]: entry, [NAME]: entry } }));
  return {
    ...{ host, endpoint, username, password, config },
    registries: write('registries.yaml', stringify({ mirrors: { [NAME]: { endpoint: [endpoint] } } })),
    store: (path) => ({ push: `${host}/${path}`, pull: `${NAME}/${path}`, config }),
    async [Symbol.asyncDispose]() {
      discard(folder);
      await started.stop({ remove: true, removeVolumes: true });
    },
  };
}

/** Published on some of the machine's addresses: {@link GenericContainer} knows only all of them. */
class RegistryContainer extends GenericContainer {
  publishedOn(addresses: readonly string[], port: number): this {
    this.withExposedPorts(PORT);
    const bindings = addresses.map((address) => ({ HostIp: address, HostPort: String(port) }));
    this.hostConfig.PortBindings = { [`${PORT}/tcp`]: bindings };
    return this;
  }
}

async function buildRegistry(signal: AbortSignal): Promise<string> {
  const programs = await buildGoPart(PROGRAM, () => undefined, signal);
  const files = { registry: join(programs, 'registry') };
  // One static program: nothing beneath it.
  return await builtImage({ name: 'registry', base: 'scratch', files, inputs: [goPartDigest(PROGRAM)] }, signal);
}

/** The machine's address on the engine's own bridge: there containers of every network reach it, and nobody outside. */
async function bridgeAddress(signal: AbortSignal): Promise<string> {
  const networks = await run(['docker', 'network', 'inspect', 'bridge'], { signal });
  const address = gatewayOf(networks);
  if (address !== undefined) return address;
  throw environmentFailure('The container engine has no bridge of its own.', { evidence: networks });
}

/** By what `docker network inspect` tells; an engine that was just installed tells no gateway before its second start. */
export function gatewayOf(networks: string): string | undefined {
  const [network] = JSON.parse(networks) as { IPAM: { Config: { Subnet: string; Gateway?: string }[] | null } }[];
  const { Gateway, Subnet = '' } =
    network?.IPAM.Config?.find(({ Subnet }) => isIPv4(Subnet.replace(/\/.*$/, ''))) ?? {};
  // Docker itself takes the first address of the subnet.
  return Gateway ?? /^(\d+\.\d+\.\d+)\.0\//.exec(Subnet)?.[1]?.concat('.1');
}
