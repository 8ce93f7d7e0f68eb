import type { ClusterAccess } from '../cluster/access.ts';
import type { Inventory } from '../kube/inventory.ts';
import type { Address } from './lab.ts';
import type { Entrance, Exposure } from './lab-manifests.ts';

/** What a lab stands on: a cluster that is reachable, and how images and requests get into it. */
export interface Ground {
  access: Pick<ClusterAccess, 'kubeconfig' | 'context'>;
  /** What is there already and not to be touched; nothing in a cluster of the run's own. */
  before: Inventory;
  exposure: Record<Entrance, Exposure>;
  /** Makes image archives known to the nodes. */
  addImages: (archives: readonly string[], signal: AbortSignal) => Promise<void>;
  /** Where the entrances are, once what stands behind them is ready. */
  ways: (signal: AbortSignal) => Promise<Record<Entrance, Address>>;
}
