import type { ClaimContext } from '../../harness/run/claims/claim.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import type { Rotated } from '../../harness/lab/remedies/rotate.ts';
import { issuedBy, trustsOnly, verifiesTo } from '../../harness/verdict/trust/proxy-verdict.ts';
import { certificatesOf, everyProxy } from './checks.ts';
import type { UnderTraffic } from './traffic.ts';

/** What was done, and the state it was done to. */
interface Done {
  remedy: string;
  baseline: 'split' | 'joined';
}

/**
 * Keeps what new CAs have cost, and sees that every proxy presents a chain under their root and trusts nothing else.
 */
export async function assertRotated(
  done: Done,
  { lab, evidence, report }: ClaimContext,
  { value, measured, seconds, convergeSeconds }: UnderTraffic<Rotated>,
): Promise<void> {
  const { root, intermediates, restarts, steps } = value;
  report({
    type: 'remedy',
    ...done,
    restarts,
    applySeconds: seconds,
    convergeSeconds,
    requestsLost: measured.lost,
    support: lab.distribution.support,
  });
  const held = await readAllSecrets(lab);
  await evidence('steps', steps);
  await evidence('certificates', certificatesOf(held));
  await everyProxy(lab, held, ({ plane }) => issuedBy(intermediates[plane]));
  await everyProxy(lab, held, () => verifiesTo(root.certificate));
  await everyProxy(lab, held, () => trustsOnly(root.certificate));
}
