import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { defined } from '../../common/defined.ts';
import type { AddOnName, AddOnParts, CoreParts, SuppliedIstio, SupplyKind } from '../supply.ts';
import { type Bundle, BUNDLE_FILE, BUNDLE_FORMAT } from './bundle.ts';

/** Parts of a supply whose images the cluster's nodes pull. */
export interface BundledParts {
  core: CoreParts;
  istio: readonly SuppliedIstio[];
  addOns: Partial<Record<AddOnName, AddOnParts>>;
  /** The supply's, once it has given all of these. */
  unpinned?: readonly string[];
}

/** Copies into a folder what a run in an existing cluster needs, to be read there without engine and network. */
export function writeBundle(folder: string, kind: SupplyKind, { core, istio, addOns, unpinned }: BundledParts): void {
  /** Copies a file or folder to a path below the bundle, and returns that path. */
  const put = (from: string, path: string): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(from, join(folder, path), { recursive: true, dereference: true });
    return path;
  };
  const { bookinfo, probeImage, gatewayApiCrds, components } = core;
  const bundle: Bundle = {
    format: BUNDLE_FORMAT,
    kind,
    core: {
      ...{ bookinfo, probeImage, components },
      gatewayApiCrds: gatewayApiCrds.map((path) => put(path, join('gateway-api', basename(path)))),
    },
    istio: istio.map(({ version, istioctl, charts, hub, tag, overlay, components }) => ({
      ...{ version, hub, tag, overlay, components },
      istioctl: put(istioctl, join(`istio-${version}`, 'istioctl')),
      ...(charts === undefined
        ? {}
        : {
            charts: { helm: put(charts.helm, 'helm'), folder: put(charts.folder, join(`istio-${version}`, 'charts')) },
          }),
    })),
    ...defined({ unpinned }),
    addOns: Object.fromEntries(
      Object.entries(addOns).map(([name, { manifests, components }]) => [
        name,
        { manifests: put(manifests, `${name}.yaml`), components },
      ]),
    ),
  };
  writeFileSync(join(folder, BUNDLE_FILE), JSON.stringify(bundle, undefined, 2));
}
