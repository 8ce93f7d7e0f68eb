import type { ClaimContext, LabContext } from '../../harness/run/claims/claim.ts';
import { recordCertificates } from '../../harness/verdict/judges/proxy-certificates.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { type Fault, faultsIn, type MaybeFault } from '../../harness/observations/fault.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import type { HeldByProxy } from '../../harness/observations/proxy.ts';
import { type Proxy, readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { type ProxyVersion, readVersions } from '../../harness/lab/probe/versions.ts';
import { manual } from '../../harness/lab/remedies/manual.ts';
import { describe } from '../../harness/observations/certificate.ts';
import { issuedBy, trustsOnly, verifiesTo } from '../../harness/verdict/trust/proxy-verdict.ts';
import type { Change } from '../../harness/lab/upgrade/in-place.ts';
import { resetVersions } from '../../harness/lab/upgrade/reset.ts';
import { noFaults } from './checks.ts';
import { joinedBaseline, type JoinedLab } from './joined-baseline.ts';
import { lossIn, underTraffic } from './traffic.ts';

export interface Upgrade {
  /** The planes in the order in which they go. */
  order: readonly PlaneName[];
  /** How, as the report says it. */
  method: 'in place' | 'canary' | 'downgrade in place';
  step: (lab: Lab, plane: PlaneName, change: Change) => Promise<void>;
}

/** The fewest new connections that an upgrade is measured with. */
export const AT_LEAST = 1_000;

/** What the planes can be upgraded to; the lab of this profile always has it. */
function nextVersions(lab: Lab) {
  if (lab.next === undefined) throw new Error('the lab has no version to upgrade to');
  return lab.next;
}

/** The baseline of an upgrade: both planes at the older version, joined by the manual remedy. */
export async function olderBaseline(context: LabContext): Promise<JoinedLab> {
  await resetVersions(context.lab, context.lab.istio);
  return await joinedBaseline(context, manual);
}

/** The baseline of a downgrade: both planes at the newer version, joined. */
export async function newerBaseline(context: LabContext): Promise<JoinedLab> {
  await resetVersions(context.lab, nextVersions(context.lab));
  return await joinedBaseline(context, manual);
}

/** From the older version to the newer one. */
export const forward = (lab: Lab, plane: PlaneName): Change => ({
  from: lab.istio[plane],
  to: nextVersions(lab)[plane],
});

export const backward = (lab: Lab, plane: PlaneName): Change => ({
  from: nextVersions(lab)[plane],
  to: lab.istio[plane],
});

/** All proxies at a moment: what they run, what they hold. */
export interface Stage {
  name: string;
  versions: ProxyVersion[];
  held: HeldByProxy<Proxy>[];
}

export const look = async (lab: Lab, name: string): Promise<Stage> => {
  const [versions, held] = await Promise.all([readVersions(lab), readAllSecrets(lab)]);
  return { name, versions, held };
};

/**
 * Takes both planes from one version to the other, one after the other and under traffic, and holds every proxy
 * against the joined lab it began as: before, between and after.
 */
export async function upgrades(
  context: ClaimContext,
  joined: JoinedLab,
  { order, method, step }: Upgrade,
  direction: (lab: Lab, plane: PlaneName) => Change,
): Promise<void> {
  const { lab, report } = context;
  const changeOf = (plane: PlaneName) => direction(lab, plane);
  const outcome = await underTraffic(
    context,
    async () => {
      const stages = [await look(lab, 'before')];
      for (const plane of order) {
        await step(lab, plane, changeOf(plane));
        stages.push(await look(lab, `after the ${plane} plane`));
      }
      return stages;
    },
    { atLeast: AT_LEAST },
  );
  const { value: stages, measured, seconds } = outcome;
  await context.evidence('stages', stages.map(described));
  const [before, after] = [stages[0], stages.at(-1)];
  if (before === undefined || after === undefined) throw new Error('nothing was looked at');
  const [first] = order;
  report({
    type: 'upgrade',
    upgrade: `${method}, ${first ?? ''} plane first`,
    ...versionsOf(order, changeOf),
    requests: measured.requests,
    requestsLost: measured.lost,
    seconds,
    proxies: after.versions.map((proxy) => ({
      plane: proxy.plane,
      app: proxy.app,
      before: stateOf(before, proxy),
      after: stateOf(after, proxy),
    })),
  });
  const moved = stages.map((_, index) => order.slice(0, index));
  noFaults([
    ...stages.flatMap((stage, index) => wrongVersions(stage, moved[index] ?? [], changeOf)),
    ...stages.flatMap((stage) => untrusted(stage, joined)),
    measured.lost <= lab.lossBudget ? undefined : lossIn(outcome),
  ]);
}

function versionsOf(order: readonly PlaneName[], changeOf: (plane: PlaneName) => Change) {
  const versions = (end: keyof Change) =>
    [...new Set(order.map((plane) => changeOf(plane)[end].version))].join(' and ');
  return { from: versions('from'), to: versions('to') };
}

/** What is at another version than it should be by then. */
export function wrongVersions(
  { name, versions }: Stage,
  moved: readonly PlaneName[],
  changeOf: (plane: PlaneName) => Change,
): MaybeFault[] {
  return versions.map(({ proxy, plane, istio }) => {
    const { version } = changeOf(plane)[moved.includes(plane) ? 'to' : 'from'];
    return istio === version ? undefined : `${name}: ${proxy} runs Istio ${istio}, not ${version}`;
  });
}

/** What is not issued by its plane's intermediate under the one root, or trusts something else. */
export function untrusted({ name, held }: Stage, { root, planes }: JoinedLab): Fault[] {
  const faults = held.flatMap((one) => {
    const intermediate = planes[one.proxy.plane].intermediate.subjectCommonName ?? '';
    return [issuedBy(intermediate)(one), verifiesTo(root)(one), trustsOnly(root)(one)];
  });
  return faultsIn(faults).map(({ sentence, ...fault }) => ({ ...fault, sentence: `${name}: ${sentence}` }));
}

export const described = ({ name, versions, held }: Stage) => ({
  name,
  versions: versions.map(({ proxy, plane, istio, envoy }) => ({ proxy, plane, istio, envoy })),
  held: recordCertificates(held, new Date()),
});

/** What an app's proxy is at a stage; the pod is another one each time. */
function stateOf({ versions, held }: Stage, { app, plane }: ProxyVersion) {
  const isIt = (one: { app: string; plane: PlaneName }) =>
    one.plane === plane && (plane === 'gateway' || one.app === app);
  const version = versions.find(isIt);
  const secrets = held.find(({ proxy }) => isIt(proxy));
  return {
    istio: version?.istio ?? '?',
    envoy: version?.envoy ?? '?',
    issuer: secrets?.chain[0]?.issuer ?? '?',
    root: secrets?.roots.map(describe).join(' and ') ?? '?',
  };
}
