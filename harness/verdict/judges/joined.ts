import { type Fault, faultOf, type MaybeFault } from '../../observations/fault.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { ProxyIdentity } from '../../observations/proxy.ts';
import { parseCertificate } from '../../observations/certificate.ts';
import { identifiedAs, issuedBy, type ProxyJudge, trustsOnly, verifiesTo } from '../trust/proxy-verdict.ts';
import { workloadIdentity } from '../trust/spiffe.ts';
import { type RecordedCertificates, readCertificates } from './proxy-certificates.ts';

/** Deployments, by namespace and name. */
export type Deployments = readonly { namespace: string; name: string }[];

/** What all proxies hold after a remedy, and what it was to put in place. */
export interface HeldWhenJoined extends RecordedCertificates {
  expected: {
    /** PEM. */
    root: string;
    /** Common name of each plane's intermediate. */
    intermediates: Record<PlaneName, string>;
    trustDomain: string;
    /** What must have a proxy. */
    deployments: Deployments;
  };
}

export const leavesIssuedByOwnPlane = (seen: HeldWhenJoined) =>
  everyProxy(seen, ({ plane }) => issuedBy(seen.expected.intermediates[plane]));

export const chainsVerify = (seen: HeldWhenJoined) =>
  everyProxy(seen, () => verifiesTo(parseCertificate(seen.expected.root), new Date(seen.at)));

export const rootsEqual = (seen: HeldWhenJoined) =>
  everyProxy(seen, () => trustsOnly(parseCertificate(seen.expected.root)));

export const identitiesRight = (seen: HeldWhenJoined) =>
  everyProxy(seen, ({ namespace, serviceAccount }) =>
    identifiedAs(workloadIdentity({ trustDomain: seen.expected.trustDomain, namespace, serviceAccount })),
  );

/** Holds every proxy against a judge that may differ from proxy to proxy. */
function everyProxy(seen: HeldWhenJoined, judge: (proxy: ProxyIdentity) => ProxyJudge): MaybeFault[] {
  const held = readCertificates(seen);
  const proxies = held.map(({ proxy }) => proxy);
  return [...withoutPod(seen.expected.deployments, proxies, 'proxy'), ...held.map((one) => judge(one.proxy)(one))];
}

/** Deployments that none of these pods belongs to: one that is missing must not pass for one that is right. */
export function withoutPod(
  expected: Deployments,
  pods: readonly { namespace: string; name: string }[],
  what: string,
): Fault[] {
  return expected
    .filter(({ namespace, name }) =>
      pods.every((pod) => pod.namespace !== namespace || !pod.name.startsWith(`${name}-`)),
    )
    .map((missing) => faultOf(missing, `${missing.namespace}/${missing.name} has no ${what} that is ready`));
}
