import { type Certificate, sameCertificate } from '../certificate.ts';
import type { Fault } from './fault.ts';
import type { ObservedPlane } from './observation.ts';
import { called, calledAll } from './words.ts';

/** istiod reads a new CA when it starts; proxies get certificates of it when they start. */
export const THEN_RESTART = 'then restart istiod, then its workloads';

/** The Secret a plane's CA is plugged in with. */
export const cacertsOf = (plane: ObservedPlane | undefined): string =>
  plane === undefined ? 'the Secret cacerts of its plane' : `the Secret cacerts in ${plane.namespace}`;

/** What mends a chain that is faulty in itself; `plane` is whose CA issued it. */
export function chainRemedy(
  { code, about }: Fault,
  plane: ObservedPlane | undefined,
  leaf: Certificate | undefined,
): string {
  const [certificate] = about;
  if (certificate === undefined) return 'Find out from the agent’s log why it holds no certificate.';
  const isLeaf = leaf !== undefined && sameCertificate(certificate, leaf);
  const name = called(certificate);
  if (code === 'chain-incomplete') {
    return `Add ${calledAll(about)} to cert-chain.pem in ${cacertsOf(plane)}, which has to hold every intermediate; ${THEN_RESTART}.`;
  }
  if (code === 'ca-flag-missing') {
    return `Issue ${name} again as a CA (basicConstraints CA:TRUE, keyUsage keyCertSign); ${THEN_RESTART}.`;
  }
  if (code === 'not-yet-valid') {
    return `Compare the clocks of the nodes, or wait until ${certificate.notBefore.toISOString()}.`;
  }
  if (code === 'expired') {
    return isLeaf
      ? 'Find out from the agent’s log why the certificate was not renewed in time; a restart has it issued anew.'
      : `Renew ${name}, in ${cacertsOf(plane)} or above it; ${THEN_RESTART}.`;
  }
  return isLeaf
    ? `Have the certificate issued anew by ${plane?.id ?? 'its istiod'}, without this fault.`
    : `Issue ${name} again without this fault; ${THEN_RESTART}.`;
}
