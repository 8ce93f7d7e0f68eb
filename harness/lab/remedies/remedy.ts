import type { KubernetesObject } from '@kubernetes/client-node';
import type { Lab } from '../mesh/lab.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { CacertsForm, RemedyName } from '../../observations/remedies.ts';
import type { AddOnName } from '../../supply/supply.ts';
import type { Authority } from '../../verdict/trust/issue.ts';

/** What a remedy has put in place: what the claims hold the lab against. */
export interface Joined {
  remedy: RemedyName;
  /** The root both planes are to share; with its key, for making clients that are to be accepted. */
  root: Authority;
  /** Common name of each plane's intermediate. */
  intermediates: Record<PlaneName, string>;
  /** Deployments that were restarted. */
  restarts: number;
  /** Seconds until everything had restarted. */
  seconds: number;
}

/** Is told every private key (PEM) that is made, before it is used: whoever logs anything keeps it out. */
export type KeepSecret = (pem: string) => void;

/** A way out of the split. Each starts from the split and leads back to it; nothing else is its business. */
export interface Remedy {
  readonly name: RemedyName;
  /** What it needs in the lab beside the planes. */
  readonly addOns: readonly AddOnName[];
  /** What it plugs into both planes. */
  readonly secret: CacertsForm;
  /** What `apply` makes beside the planes' `cacerts`: a cluster of somebody's must have room for it. */
  readonly makes: (lab: Pick<Lab, 'distribution'>) => KubernetesObject[];
  readonly apply: (lab: Lab, keepSecret: KeepSecret) => Promise<Joined>;
  /** Whether there may be something that `apply`, or half of one, has made. */
  readonly mayBeIn: (lab: Lab) => Promise<boolean>;
  /** Takes away what `apply` made, of half an `apply` too; each plane goes on with it until its istiod restarts. */
  readonly takeAway: (lab: Lab) => Promise<void>;
}

/** The names of the article. */
export const ROOT_NAME = 'SM Root CA';
export const ORGANIZATION = { organization: 'SM', country: 'CH' } as const;
