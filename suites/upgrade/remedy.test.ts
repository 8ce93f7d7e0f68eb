import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { joinByCertManager, joinManually } from '../../harness/lab/remedies/join-without-outage.ts';
import { manual } from '../../harness/lab/remedies/manual.ts';
import type { Plugged, Rotated } from '../../harness/lab/remedies/rotate.ts';
import { resetVersions } from '../../harness/lab/upgrade/reset.ts';
import { splitBaseline } from '../support/baseline.ts';
import { noFaults } from '../support/checks.ts';
import { assertRotated } from '../support/assert-rotated.ts';
import { lossIn, type LoadOptions, underTraffic } from '../support/traffic.ts';
import { AT_LEAST } from '../support/upgrade.ts';

/** What the first claim has left plugged in, for the second; undefined while that is not known. */
let joinedBy: Plugged | undefined;

claim('upgrade.remedy.self-signed-to-manual', async (context) => {
  const { lab, keepSecret } = context;
  await split(lab);
  const options = { atLeast: AT_LEAST, within: 'the mesh' } as const;
  joinedBy = await joins(context, 'manual, no outage', () => joinManually(lab, keepSecret), options);
});

claim('upgrade.remedy.manual-to-cert-manager', async (context) => {
  const before = joinedBy ?? (await joined(context));
  joinedBy = undefined;
  await joins(context, 'cert-manager, no outage', () => joinByCertManager(context.lab, before), { atLeast: AT_LEAST });
});

/** An upgrade before this may have left any version and revision. */
async function split(lab: Lab): Promise<void> {
  await resetVersions(lab, lab.istio);
  await splitBaseline(lab);
}

async function joined({ lab, keepSecret }: ClaimContext): Promise<Plugged> {
  await split(lab);
  return await manual.apply(lab, keepSecret);
}

/** Takes a remedy over under traffic and sees that every proxy holds what it issues, and nothing else. */
async function joins(
  context: ClaimContext,
  remedy: string,
  change: () => Promise<Rotated>,
  options: LoadOptions,
): Promise<Plugged> {
  const outcome = await underTraffic(context, change, options);
  const baseline = options.within === 'the mesh' ? 'split' : 'joined';
  await assertRotated({ remedy, baseline }, context, outcome);
  noFaults([outcome.lost.length <= context.lab.lossBudget ? undefined : lossIn(outcome)]);
  return outcome.value;
}
