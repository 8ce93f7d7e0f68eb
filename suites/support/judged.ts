import { claim, type ClaimContext } from '../../harness/run/claims/claim.ts';
import { judgeClaim, type JudgedClaim, type Observed } from '../../harness/verdict/judges/judges.ts';
import { noFaults } from './checks.ts';

/**
 * A claim in two halves: what is observed, and the judge of the same id, who sees nothing else. The evidence is exactly
 * the observation, so that it can be judged again, by whoever doubts the verdict and by the self-test.
 */
export function judged<Id extends JudgedClaim>(
  id: Id,
  observe: (context: ClaimContext) => Promise<Observed<Id>>,
): void {
  claim(id, async (context) => {
    const seen = await observe(context);
    await context.evidence('observation', seen);
    noFaults(await judgeClaim(id, seen));
  });
}
