import { defined } from '../common/defined.ts';
import { observe } from '../audit/observe.ts';
import { renderTable } from '../audit/table.ts';
import { EXIT, usageFailure } from '../common/errors.ts';
import { connectKube, type Kube } from '../cluster/kube/client.ts';
import { Progress } from '../common/progress.ts';
import { inert, mapStrings } from '../common/text.ts';
import { toYaml } from '../verdict/report/yaml.ts';
import { brokenConversations, isAnythingJudged, trustGraph } from '../verdict/trust/graph/graph.ts';
import type { TrustGraph } from '../verdict/trust/graph/model.ts';
import type { AUDIT_FORMATS } from './option-values.ts';
import { writeOut } from './write-out.ts';

export interface AuditFlags {
  kubeconfig?: string;
  context?: string;
  namespace?: string[];
  as?: string;
  asGroup?: string[];
  secrets: boolean;
  output: (typeof AUDIT_FORMATS)[number];
  out?: string;
  concurrency: number;
  verbose?: true;
}

/** `meshtrust audit`: the trust graph of a live cluster, read-only. Exit code 1 if any of its edges is broken, 3 if none could be judged. */
export async function auditCommand(flags: AuditFlags): Promise<number> {
  using _ = endingWhenInterrupted();
  if (flags.as === undefined && flags.asGroup !== undefined) {
    throw usageFailure('--as-group needs --as: a group by itself is nobody.');
  }
  const kube = connectKube(flags.kubeconfig, {
    ...defined({ context: flags.context }),
    ...(flags.as === undefined ? {} : { as: { user: flags.as, groups: flags.asGroup ?? [] } }),
  });
  kube.as('audit');
  const progress = new Progress();
  const who = flags.as === undefined ? '' : `, as ${flags.as}`;
  progress.note(`Context ${kube.context} at ${kube.server}${who}. Nothing is changed.`);
  const { secrets, concurrency } = flags;
  const namespaces = [...new Set(flags.namespace)];
  const observation = await observe(kube, { namespaces, secrets, concurrency }, progress);
  const graph = mapStrings(trustGraph(observation), inert);
  const text = await FORMATS[flags.output](graph, kube, flags);
  if (flags.out === undefined) process.stdout.write(text);
  else {
    writeOut(flags.out, text);
    progress.note(`Written to ${flags.out}.`);
  }
  if (brokenConversations(graph).length > 0) return EXIT.claimFailed;
  return isAnythingJudged(graph) ? EXIT.conformant : EXIT.environment;
}

type Render = (graph: TrustGraph, kube: Kube, flags: AuditFlags) => string | Promise<string>;

const FORMATS: Record<AuditFlags['output'], Render> = {
  table: (graph, _, { out, verbose }) => {
    const colour = out === undefined && process.stdout.isTTY && process.stdout.hasColors();
    return renderTable(graph, { colour, verbose: verbose === true });
  },
  json: (graph) => `${JSON.stringify(graph, undefined, 2)}\n`,
  yaml: (graph) => toYaml(graph),
  html: async (graph, { context, server }) => {
    const { renderGraphPage } = await import('../verdict/report/html/graph-page.ts');
    return await renderGraphPage(graph, { title: inert(context), facts: [['API server', inert(server)]] });
  },
};

/** Ends at once when asked to: an audit holds nothing that would have to be given back. */
function endingWhenInterrupted(): Disposable {
  const end = () => {
    process.stderr.write('\nInterrupted.\n');
    process.exit(EXIT.interrupted);
  };
  const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'];
  for (const event of events) process.on(event, end);
  return {
    [Symbol.dispose]: () => {
      for (const event of events) process.off(event, end);
    },
  };
}
