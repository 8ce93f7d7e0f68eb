import { defined } from '../../../common/defined.ts';
import type { ClaimResult } from '../model.ts';
import type { Change } from './model.ts';
import { listNames, workloadOf } from './workloads.ts';

/**
 * How verdicts on claims changed, in the order of the old report, then of the new one; where a claim stands in a report
 * does not matter. A claim has a verdict if it passed or failed. One that fails now and did not before is newly failing,
 * be it that it had no verdict; one that had a verdict and has none now is missing.
 */
export function compareClaims(old: readonly ClaimResult[], now: readonly ClaimResult[]): Change[] {
  const [before, after] = [byId(old), byId(now)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    const kind = kindOf(was, is);
    if (kind === undefined) return [];
    const [old, now] = kind === 'failsOtherwise' ? [aboutIn(was), aboutIn(is)] : [statusOf(was), statusOf(is)];
    const change: Change = { kind, what: id, old, new: now };
    return [{ ...change, ...defined({ reason: is?.reason }) }];
  });
}

function kindOf(was: ClaimResult | undefined, is: ClaimResult | undefined): Change['kind'] | undefined {
  if (is?.status === 'failed') {
    if (was?.status !== 'failed') return 'newlyFailing';
    return aboutIn(was) === aboutIn(is) ? 'stillFailing' : 'failsOtherwise';
  }
  if (was === undefined) return 'newClaim';
  if (is?.status === 'passed') return was.status === 'passed' ? undefined : 'newlyPassing';
  return was.status === 'passed' || was.status === 'failed' ? 'missing' : undefined;
}

const statusOf = (claim: ClaimResult | undefined) => claim?.status ?? 'absent';

/** The workloads that faults are about; pods have other names in each run. */
const aboutIn = (claim: ClaimResult | undefined): string =>
  listNames(
    (claim?.faults ?? []).map(({ about }) => (about === undefined ? 'nobody in particular' : workloadOf(about))),
  );

const byId = (claims: readonly ClaimResult[]) => new Map(claims.map((claim) => [claim.id, claim]));
