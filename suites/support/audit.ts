import { defined } from '../../harness/common/defined.ts';
import { observe } from '../../harness/audit/observe.ts';
import type { ClaimContext, LabContext } from '../../harness/run/claims/claim.ts';
import { messageOf } from '../../harness/common/errors.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { trustGraph } from '../../harness/verdict/trust/graph/graph.ts';
import type { MaybeFault } from '../../harness/observations/fault.ts';
import type { Conversation, TrustGraph, VerdictCode } from '../../harness/verdict/trust/graph/model.ts';
import { noFaults } from './checks.ts';

const SIDE_BY_SIDE = 8;
/** A claim group is a phase of its own already. */
const SILENT = { phase: async <T>(_: string, work: (say: () => void) => Promise<T>) => await work(() => undefined) };

/** The lab's trust graph, as `meshtrust audit` sees it. */
export async function auditLab({ kube }: Lab): Promise<TrustGraph> {
  return trustGraph(await observe(kube, { namespaces: [], secrets: true, concurrency: SIDE_BY_SIDE }, SILENT));
}

/** Puts the lab's trust graph into the report. It is an illustration: what keeps it from being made becomes a note. */
export async function reportGraph({ lab, report }: LabContext, title: string, remedy?: string): Promise<void> {
  try {
    report({ type: 'graph', title, ...defined({ remedy }), graph: await auditLab(lab) });
  } catch (error) {
    report({ type: 'note', text: `the trust graph «${title}» could not be made: ${messageOf(error)}` });
  }
}

/** Holds what the audit says of the lab against a claim's expectations, and keeps it. */
export async function auditSays(context: ClaimContext, judge: (graph: TrustGraph) => MaybeFault[]): Promise<void> {
  const graph = await auditLab(context.lab);
  await context.evidence('graph', graph);
  noFaults(judge(graph));
}

/** The edge from one app's proxy to another's. */
export function edgeBetween({ nodes, conversations }: TrustGraph, from: string, to: string): Conversation | undefined {
  const idOf = (app: string) => nodes.find(({ kind, label }) => kind === 'proxy' && label === app)?.id ?? app;
  return conversations.find(
    (one) => one.channel === 'workload' && one.from.includes(idOf(from)) && one.to.includes(idOf(to)),
  );
}

/** The edge from the gateway to Bookinfo. */
export const toProductpage = (graph: TrustGraph) => edgeBetween(graph, 'mesh-gateway', 'productpage');

/** Is this what the audit says, and does it name that CA? */
export const isJudged = (edge: Conversation | undefined, verdict: VerdictCode, name: string): MaybeFault =>
  edge?.verdict === verdict && edge.reason.includes(name)
    ? undefined
    : `the audit's verdict is ${edge?.verdict ?? 'missing'}, not ${verdict} about ${name}: ${edge?.reason ?? ''}`;
