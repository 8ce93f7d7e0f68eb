import type { MaybeFault } from '../../observations/fault.ts';
import { describe, sameRoots } from '../../observations/certificate.ts';
import { type PemBundle, certificatesIn } from './proxy-certificates.ts';

/** A root ConfigMap, watched for a while. */
export interface WatchedMap {
  namespace: string;
  name: string;
  /** Milliseconds watched, and how often the object was read. */
  watched: number;
  reads: number;
  /** Different resourceVersions seen, in order. */
  versions: string[];
  /** Different contents of `root-cert.pem` seen. */
  roots: PemBundle[];
}

/** A fight writes about 200 times a second; ten changes in five seconds is a fight on the slowest machine. */
const FIGHT = 10;

/** Do two planes overwrite each other's root? */
export function foughtOver({ name, versions, roots }: WatchedMap): MaybeFault[] {
  return [
    versions.length > FIGHT ? undefined : `${name} changed only ${versions.length - 1} times`,
    roots.length === 2 ? undefined : `${roots.length} different roots were seen in it, not 2`,
  ];
}

/** A map and the root that it is to hold. */
export interface MapOfRoot {
  root: PemBundle;
  map: WatchedMap;
}

/** Does the map stand still, with this root and nothing else in it? */
export function standsStill({ root, map: { name, versions, roots } }: MapOfRoot): MaybeFault[] {
  const held = roots.flatMap(certificatesIn);
  return [
    versions.length === 1 ? undefined : `${name} changed ${versions.length - 1} times`,
    sameRoots(held, certificatesIn(root)) ? undefined : `${name} holds ${held.map(describe).join(' and ')}`,
  ];
}

/** Does each plane's map stand still, with its own plane's root? */
export const eachStandsStill = ({ maps }: { maps: MapOfRoot[] }): MaybeFault[] => maps.flatMap(standsStill);

/** What an agent says of an istiod whose certificate the mounted root does not cover. */
export const isAgentSymptom = (line: string): boolean => line.includes('x509: certificate signed by unknown authority');

export const agentRefused = ({ lines }: { lines: string[] }): MaybeFault[] => [
  lines.some(isAgentSymptom) ? undefined : 'no agent says that its istiod’s certificate has an unknown issuer',
];
