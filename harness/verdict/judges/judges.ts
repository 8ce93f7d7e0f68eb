import { type Fault, faultsIn, type MaybeFault } from '../../observations/fault.ts';
import { REMEDY_NAMES, type RemedyName } from '../../observations/remedies.ts';
import { cacertsOwned, certificatesReady, usagesAsAsked } from './cert-manager.ts';
import { agentRefused, eachStandsStill, foughtOver, standsStill } from './config-map.ts';
import { chainsVerify, identitiesRight, leavesIssuedByOwnPlane, rootsEqual } from './joined.ts';
import { issuersDiffer, loggedAsUpstreamFailure, raised, refusedForTheSplit, rootsDiffer } from './split.ts';
import { foreignRefused, peerIsGateway, uncertifiedRefused } from './unauthorized-clients.ts';
import { judgePages } from './bookinfo-pages.ts';

const split = {
  'gateway-refuses-workload': refusedForTheSplit,
  'access-log': loggedAsUpstreamFailure,
  'envoy-counter': raised,
  'mesh-works': judgePages,
  'leaf-issuers-differ': issuersDiffer,
  'roots-differ': rootsDiffer,
};

const configMap = {
  fight: foughtOver,
  'agent-symptom': agentRefused,
  separate: eachStandsStill,
  'split-remains': refusedForTheSplit,
};

/** Whatever the remedy: both planes under one root, and nothing else let in. */
const joined = {
  bookinfo: judgePages,
  'leaf-issuer': leavesIssuedByOwnPlane,
  chain: chainsVerify,
  'rootca-equal': rootsEqual,
  'spiffe-identity': identitiesRight,
  'peer-principal': peerIsGateway,
  'plaintext-refused': uncertifiedRefused,
  'foreign-ca-refused': foreignRefused,
  'configmap-stable': standsStill,
};

const certManager = {
  'certificates-ready': certificatesReady,
  'cacerts-owned': cacertsOwned,
  'ca-usages': usagesAsAsked,
};

/** The judge of each claim by its id: all that a verdict rests on is what such a function is given. */
export const JUDGES = {
  ...below('trust.split', split),
  ...below('trust.configmap', configMap),
  ...joinedBy(REMEDY_NAMES),
  ...below('trust.cert-manager', certManager),
};

export type JudgedClaim = keyof typeof JUDGES;

/** What is observed for a claim. */
export type Observed<Id extends JudgedClaim> = Parameters<(typeof JUDGES)[Id]>[0];

export const isJudged = (id: string): id is JudgedClaim => Object.hasOwn(JUDGES, id);

/** What is wrong; nothing where the claim holds. Evidence that cannot even be read is a fault as well. */
export async function judgeClaim<Id extends JudgedClaim>(id: Id, seen: Observed<Id>): Promise<Fault[]> {
  const judge = JUDGES[id] as Judge<Observed<Id>>;
  try {
    return faultsIn(await judge(seen));
  } catch (error) {
    return [{ sentence: error instanceof Error ? error.message : String(error) }];
  }
}

function below<Prefix extends string, Judges extends object>(prefix: Prefix, judges: Judges) {
  return Object.fromEntries(Object.entries(judges).map(([name, judge]) => [`${prefix}.${name}`, judge])) as {
    [Name in keyof Judges & string as `${Prefix}.${Name}`]: Judges[Name];
  };
}

function joinedBy(names: readonly RemedyName[]) {
  return Object.assign({}, ...names.map((name) => below(`trust.${name}`, joined))) as {
    [Name in keyof typeof joined as `trust.${RemedyName}.${Name}`]: (typeof joined)[Name];
  };
}

/**
 * Holds what was observed for a claim against its sentence: one finding for each thing that is wrong, none where the
 * claim holds. `Seen` is plain data, as it lies in the evidence, so that it can be judged again wherever it is read.
 */
export type Judge<Seen> = (seen: Seen) => MaybeFault[] | Promise<MaybeFault[]>;
