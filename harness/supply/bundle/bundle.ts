import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, usageFailure } from '../../common/errors.ts';
import type { AddOnParts, AddOnName, CoreParts, SuppliedIstio, SupplyKind } from '../supply.ts';

/** The file that makes a folder a bundle. */
export const BUNDLE_FILE = 'bundle.json';
export const BUNDLE_FORMAT = 'meshtrust.dev/bundle/v2';

/**
 * What a run in an existing cluster needs of a supply whose images the cluster's nodes pull: names of images, and files
 * by their paths below the bundle. No archives, and nothing that only makes clusters.
 */
export interface Bundle {
  format: typeof BUNDLE_FORMAT;
  /** The supply that the parts came from. */
  kind: SupplyKind;
  core: Pick<CoreParts, 'bookinfo' | 'probeImage' | 'gatewayApiCrds' | 'components'>;
  /** One for each version. */
  istio: Omit<SuppliedIstio, 'archives'>[];
  /** Those that some claim needs. */
  addOns: Partial<Record<AddOnName, Omit<AddOnParts, 'archives'>>>;
  /** What of it nothing pins, in the supply's sentences. */
  unpinned?: readonly string[];
}

/** Reads a bundle; the paths in it are whole then. Fails, exit code 2, for a folder that is none. */
export function readBundle(folder: string): Bundle {
  const home = resolve(folder);
  let bundle: Bundle;
  try {
    bundle = JSON.parse(readFileSync(join(home, BUNDLE_FILE), 'utf8')) as Bundle;
    const format: string = bundle.format;
    if (format !== BUNDLE_FORMAT) throw new Error(`its format is ${format}, not ${BUNDLE_FORMAT}`);
  } catch (error) {
    throw usageFailure(`${folder} is not a bundle of parts: ${messageOf(error)}`, {
      next: `Name the folder that ${BUNDLE_FILE} lies in, as \`meshtrust job\` of this version puts it into its image.`,
      cause: error,
    });
  }
  const { core, istio, addOns } = bundle;
  const place = (path: string) => join(home, path);
  return {
    ...bundle,
    core: { ...core, gatewayApiCrds: core.gatewayApiCrds.map(place) },
    istio: istio.map(({ charts, ...parts }) => ({
      ...parts,
      istioctl: place(parts.istioctl),
      ...(charts === undefined ? {} : { charts: { helm: place(charts.helm), folder: place(charts.folder) } }),
    })),
    addOns: Object.fromEntries(
      Object.entries(addOns).map(([name, parts]) => [name, { ...parts, manifests: place(parts.manifests) }]),
    ),
  };
}
