import { openExisting } from '../cluster/existing.ts';
import { readRegistries } from '../cluster/registries.ts';
import { distributionOf, type Settings } from '../config/settings.ts';
import { assertInstallers } from './installers.ts';
import { pullSecretsOf } from './pulling.ts';
import { bundleOf } from './supply.ts';

/** What can be wrong about settings is found here, before anything is touched. Fails, exit code 2. */
export function assertSettings(settings: Settings, { upgrade }: { upgrade: boolean }): void {
  distributionOf(settings);
  if (settings.k3d.registries !== undefined) readRegistries(settings.k3d.registries);
  pullSecretsOf(settings);
  bundleOf(settings);
  assertInstallers(settings, { upgrade });
  if (settings.cluster === 'kubeconfig') openExisting(settings.kubeconfig);
}
