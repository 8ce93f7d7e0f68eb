import { defined } from '../../harness/common/defined.ts';
import { observe } from '../../harness/audit/observe.ts';
import type { LabContext } from '../../harness/run/claims/claim.ts';
import { messageOf } from '../../harness/common/errors.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { trustGraph } from '../../harness/verdict/trust/graph/graph.ts';
import type { TrustGraph } from '../../harness/verdict/trust/graph/model.ts';

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
