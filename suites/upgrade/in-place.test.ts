import { claim } from '../../harness/run/claims/claim.ts';
import { upgradeInPlace } from '../../harness/lab/upgrade/in-place.ts';
import { backward, forward, newerBaseline, olderBaseline, upgrades } from '../support/upgrade.ts';

claim('upgrade.in-place.gateway-first', async (context) => {
  const upgrade = { order: ['gateway', 'mesh'], method: 'in place', step: upgradeInPlace } as const;
  await upgrades(context, await olderBaseline(context), upgrade, forward);
});

claim('upgrade.in-place.mesh-first', async (context) => {
  const upgrade = { order: ['mesh', 'gateway'], method: 'in place', step: upgradeInPlace } as const;
  await upgrades(context, await olderBaseline(context), upgrade, forward);
});

claim('upgrade.in-place.downgrade', async (context) => {
  const downgrade = { order: ['mesh', 'gateway'], method: 'downgrade in place', step: upgradeInPlace } as const;
  await upgrades(context, await newerBaseline(context), downgrade, backward);
});
