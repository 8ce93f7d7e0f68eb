import type { PlaneName } from '../../../../observations/planes.ts';
import { createIntermediate, createRoot, type IssueOptions } from '../../../trust/issue.ts';
import { trustGraph } from '../../../trust/graph/graph.ts';
import type { TrustGraph } from '../../../trust/graph/model.ts';
import type { ObservedProxy } from '../../../trust/graph/observation.ts';
import { observe, testPlane, testProxy } from '../../../trust/graph/testing/planes.ts';
import { buildReport } from '../../build.ts';
import type { RunEvent } from '../../events.ts';
import { EXAMPLE, PASSING } from '../../testing/example.ts';
import type { ConformanceReport } from '../../model.ts';

export interface LabParts {
  /** Both planes under one root; each under one of its own, of the same name, otherwise. */
  joined?: boolean;
  /** Of the mesh plane, and of the gateway plane too. */
  root?: IssueOptions & { commonName: string };
  /** Both planes write the ConfigMap of one name; it holds the root of this one just now. */
  fight?: PlaneName;
  /** Where the gateway is not as its plane would have it. */
  gatewayParts?: Partial<ObservedProxy>;
}

/** What the last part of a pod's name is drawn from; each lab has pods of its own, as each has keys of its own. */
const SUFFIXES = ['774b7654c7-kqmmp', '5d6f5b69-t7bsn', '6f66cdb68f-cq827', '7c464df856-jc2g9'];
let pods = 0;
function podOf(namespace: string, workload: string, account: string) {
  const name = `${workload}-${SUFFIXES[pods++ % SUFFIXES.length] ?? ''}`;
  const leaf = { spiffeId: `spiffe://cluster.local/ns/${namespace}/sa/${account}` };
  return { id: `${namespace}/${name}`, name, namespace, leaf };
}

/** The trust graph of two planes, a gateway and the sidecars cart and till, with real certificates that are new every time. */
export async function labGraph(parts: LabParts = {}): Promise<TrustGraph> {
  const { joined = true, root = { commonName: 'SM Root CA' }, fight, gatewayParts = {} } = parts;
  const first = await createRoot(root);
  const second = joined ? first : await createRoot(root);
  const rootMapName = (plane: string) => ({ rootMapName: fight === undefined ? `${plane}-root` : 'shared-root' });
  const mesh = await testPlane('mesh', await createIntermediate(first, { commonName: 'Mesh CA' }), rootMapName('mesh'));
  const edgeCa = await createIntermediate(second, { commonName: 'Gateway CA' });
  const edge = await testPlane('edge', edgeCa, rootMapName('edge'));
  const proxies = [
    await testProxy(mesh, 'cart', podOf('shop', 'cart-v1', 'cart')),
    await testProxy(mesh, 'till', podOf('shop', 'till-v1', 'till')),
    await testProxy(edge, 'gate', { ...podOf('edge', 'gate', 'gate'), kind: 'gateway', ...gatewayParts }),
  ];
  const written = fight === 'gateway' ? edge.bundle : mesh.bundle;
  const planes = fight === undefined ? [mesh, edge] : [mesh, edge].map((plane) => ({ ...plane, bundle: written }));
  return trustGraph(observe(planes, proxies));
}

/** The report of the example run in which every claim passed, with these events besides. */
export const reportWith = (...events: RunEvent[]): ConformanceReport =>
  buildReport({ ...PASSING, events: [...PASSING.events, ...events] });

/** The report of the example run, had its claims come out so; a claim without a status was not planned. */
export function reportOf(statuses: Record<string, 'passed' | 'failed' | 'skipped' | 'notRun'>): ConformanceReport {
  const [template] = EXAMPLE.planned;
  if (template === undefined) throw new Error('the example has no claim');
  const planned = Object.keys(statuses).map((id) => ({ ...template, id }));
  const events = Object.entries(statuses).map(([id, status]): RunEvent => {
    const reason = status === 'passed' ? {} : { reason: `${id} is ${status}` };
    return { type: 'claim', id, status, durationMs: 1, evidence: [], ...reason };
  });
  return buildReport({ ...EXAMPLE, planned, events });
}
