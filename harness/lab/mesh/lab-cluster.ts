import type { ClusterAccess } from '../../cluster/access.ts';
import type { Inventory } from '../../cluster/kube/inventory.ts';
import type { Ledger } from '../../cluster/ownership/ledger.ts';
import type { Proprietor } from '../../cluster/ownership/objects.ts';
import type { Tenant } from '../../cluster/ownership/record.ts';
import type { Exposure } from './lab-manifests.ts';
import type { Entrance } from './addresses.ts';

/** What is to be seen to after the lab, beside what it is made of. */
export type Remains = Pick<Tenant, 'leftovers' | 'restarts'>;

/** What a lab stands on: a cluster that is reachable, and how images and requests get into it. */
export interface LabCluster {
  access: Pick<ClusterAccess, 'kubeconfig' | 'context'>;
  /** Is the cluster somebody's? */
  isGuest: boolean;
  /**
   * Takes the cluster for this lab alone, after which things may be made in it. Fails, exit code 3, where it holds one;
   * nothing was changed then.
   */
  take: (remains: Remains) => Promise<Ledger>;
  /** What is there already and not to be touched; nothing in a cluster of the run's own. */
  before: Inventory;
  /** How the gateway's way in is published first. */
  wayIn: Exposure;
  /** Makes image archives known to the nodes. */
  addImages: (archives: readonly string[], signal: AbortSignal) => Promise<void>;
  /** Where the gateway is entered, once it is ready. */
  way: (owner: Proprietor, signal: AbortSignal) => Promise<Entrance>;
}
