import { claim } from '../../harness/run/claims/claim.ts';
import { upgradeByCanary } from '../../harness/lab/upgrade/canary.ts';
import { forward, olderBaseline, upgrades } from '../support/upgrade.ts';

claim('upgrade.canary.gateway-first', async (context) => {
  const upgrade = { order: ['gateway', 'mesh'], method: 'canary', step: upgradeByCanary } as const;
  await upgrades(context, await olderBaseline(context), upgrade, forward);
});

claim('upgrade.canary.mesh-first', async (context) => {
  const upgrade = { order: ['mesh', 'gateway'], method: 'canary', step: upgradeByCanary } as const;
  await upgrades(context, await olderBaseline(context), upgrade, forward);
});
