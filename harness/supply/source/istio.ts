import { join } from 'node:path';
import { usageFailure } from '../../common/errors.ts';
import { ISTIOD_PROGRAM } from '../../observations/istio.ts';
import { inputsDigest } from '../cache.ts';
import { IMAGE_HUB } from '../hub.ts';
import type { SuppliedIstio } from '../supply.ts';
import { VERSIONS } from '../versions.ts';
import { envoyDigest, type EnvoyVersion } from './envoy.ts';
import { type GoPart, goModuleVersion, goPartDigest, moduleFolder } from './go.ts';
import { builtImage, archiveImages } from './images.ts';
import { PLATFORM } from './platform.ts';
import { STOCK_ENVOY_VALUES } from './stock-envoy.ts';

/** A version of Istio that the package registries serve. */
export interface IstioSource {
  version: string;
  /** Holds `istioctl`, `pilot-agent` and `pilot-discovery`. */
  part: GoPart;
  /** Stock Envoy of the release line that this version builds its proxy from. */
  envoy: EnvoyVersion;
}

/** A release in a module of its own, `fixtures/parts/istio-VERSION`. */
const ownModule = (version: string): GoPart => ({
  name: `istio-${version}`,
  packages: ['istioctl/cmd/istioctl', 'pilot/cmd/pilot-agent', 'pilot/cmd/pilot-discovery'].map(
    (path) => `istio.io/istio/${path}`,
  ),
  variables: {
    'istio.io/istio/pkg/version.buildVersion': version,
    'istio.io/istio/pkg/version.buildTag': version,
  },
});

const SOURCES: Record<string, Omit<IstioSource, 'version'>> = {
  [VERSIONS.istio]: { part: PLATFORM, envoy: VERSIONS.envoy },
  '1.28.2': { part: ownModule('1.28.2'), envoy: '1.36.4' },
  '1.30.4': { part: ownModule('1.30.4'), envoy: '1.38.3' },
};

/** Fails, exit code 2, for a version that is not served. */
export function istioSource(version: string): IstioSource {
  const source = SOURCES[version];
  if (source !== undefined) return { version, ...source };
  throw usageFailure(`Supply \`source\` does not serve Istio ${version}.`, {
    next: `It serves ${Object.keys(SOURCES).sort().join(', ')}; use --supply registry for another version.`,
  });
}

/** Builds the images of a version's planes from its programs (a folder), Envoy (a file) and the base image; helm is a path. */
export async function buildIstio(
  { version, part, envoy }: IstioSource,
  from: { programs: string; helm: string; envoy: string; base: string },
  signal: AbortSignal,
): Promise<SuppliedIstio> {
  const { programs, base } = from;
  const module = await moduleFolder(part.name, 'istio.io/istio', signal);
  const inputs = [goPartDigest(part), envoyDigest(envoy)];
  const files = {
    envoy: from.envoy,
    'pilot-agent': join(programs, 'pilot-agent'),
    'envoy_bootstrap.json': join(module, 'tools', 'packaging', 'common', 'envoy_bootstrap.json'),
  };
  const [pilot, proxyv2] = await Promise.all([
    builtImage({ name: 'pilot', base, inputs, files: { [ISTIOD_PROGRAM]: join(programs, ISTIOD_PROGRAM) } }, signal),
    builtImage({ name: 'proxyv2', base, inputs, files, arguments: { ISTIO_VERSION: version } }, signal),
  ]);
  const tag = `${version}-${inputsDigest(pilot, proxyv2)}`;
  const names = { [`${IMAGE_HUB}/pilot:${tag}`]: pilot, [`${IMAGE_HUB}/proxyv2:${tag}`]: proxyv2 };
  return {
    version,
    istioctl: join(programs, 'istioctl'),
    charts: { helm: from.helm, folder: join(module, 'manifests', 'charts') },
    hub: IMAGE_HUB,
    tag,
    archives: [await archiveImages(`istio-${version}`, names, signal)],
    overlay: STOCK_ENVOY_VALUES,
    components: [
      { name: 'istio', version: `${version} (Go module ${goModuleVersion(part.name, 'istio.io/istio')})` },
      { name: 'envoy', version: `${envoy} (stock, not Istio's build)`, image: proxyv2 },
    ],
  };
}
