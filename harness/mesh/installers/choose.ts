import { resolve } from 'node:path';
import { findProgram } from '../../engine/install.ts';
import { usageFailure } from '../../errors.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { Installer, SuppliedIstio, SupplyKind } from '../../supply/supply.ts';
import { missingCharts } from './helm.ts';

/** What the settings of a plane say about how it is installed. */
export interface InstallerSettings {
  /** istioctl unless said otherwise. */
  installer?: Installer['kind'];
  /** Path of the istioctl that renders the plane. */
  istioctl?: string;
  /** Folder with the charts that helm renders. */
  charts?: string;
  /** Path of helm. */
  helm?: string;
}

export const installerName = ({ installer }: InstallerSettings): Installer['kind'] => installer ?? 'istioctl';

/** Whether the images are ours to name: an operator has its own, and what is there already has them. */
export const namesImages = (own: InstallerSettings): boolean =>
  installerName(own) === 'istioctl' || installerName(own) === 'helm';

/** Whether the supply has to bring what the installer works with. */
export function needsTools(own: InstallerSettings): boolean {
  switch (installerName(own)) {
    case 'istioctl':
      return own.istioctl === undefined;
    case 'helm':
      return own.charts === undefined;
    case 'sail':
    case 'preinstalled':
      return false;
  }
}

/** A plane's installer with what it works with. Fails, exit code 2, with the key to set where something is lacking. */
export function installerOf(plane: PlaneName, own: InstallerSettings, supplied: SuppliedIstio | undefined): Installer {
  const kind = installerName(own);
  switch (kind) {
    case 'istioctl':
      return { kind, istioctl: own.istioctl ?? supplied?.istioctl ?? '' };
    case 'helm':
      return { kind, folder: chartsOf(plane, own, supplied), helm: helmOf(plane, own, supplied) };
    case 'sail':
    case 'preinstalled':
      return { kind };
  }
}

/** Fails as {@link installerOf} does for helm; only supply `source` has charts, and a helm. */
export function assertCharts(plane: PlaneName, own: InstallerSettings, supply: SupplyKind): void {
  if (own.charts !== undefined || supply !== 'source') chartsOf(plane, own, undefined);
  if (supply !== 'source') helmOf(plane, own, undefined);
}

function chartsOf(plane: PlaneName, { charts }: InstallerSettings, supplied: SuppliedIstio | undefined): string {
  if (charts === undefined) {
    if (supplied?.charts !== undefined) return supplied.charts.folder;
    throw usageFailure(`The ${plane} plane is to be installed by helm, and this supply has no charts of Istio.`, {
      next: `Set planes.${plane}.charts to a folder with Istio's charts base and istiod.`,
    });
  }
  const missing = missingCharts(charts);
  // A plane is rendered again by other processes, in folders of their own.
  if (missing.length === 0) return resolve(charts);
  throw usageFailure(`${charts} does not hold the chart ${missing.join(', nor ')}.`, {
    next: `Set planes.${plane}.charts to a folder with Istio's charts base and istiod.`,
  });
}

function helmOf(plane: PlaneName, { helm }: InstallerSettings, supplied: SuppliedIstio | undefined): string {
  const program = helm ?? supplied?.charts?.helm ?? findProgram('helm');
  if (program !== undefined) return helm === undefined ? program : resolve(helm);
  throw usageFailure(`The ${plane} plane is to be installed by helm, and there is none.`, {
    next: `Install helm, or set planes.${plane}.helm to its path.`,
  });
}
