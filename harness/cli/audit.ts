import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../common/defined.ts';
import { observe } from '../audit/observe.ts';
import { renderTable } from '../audit/table.ts';
import { EXIT, messageOf, usageFailure } from '../common/errors.ts';
import { connectKube, type Kube } from '../cluster/kube/client.ts';
import { hasKubeconfig } from '../cluster/kube/kubeconfig.ts';
import { allRuns, workFolder } from '../cluster/state/runs.ts';
import { Progress } from '../common/progress.ts';
import { inert, mapStrings } from '../common/text.ts';
import { toYaml } from '../verdict/report/yaml.ts';
import { edgesBetween } from '../verdict/trust/graph/between.ts';
import { trustGraph } from '../verdict/trust/graph/graph.ts';
import { type Outcome, outcomeOf } from '../verdict/trust/graph/outcome.ts';
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
  strict?: true;
  between?: string[];
  /** Milliseconds. */
  within?: number;
  /** Address of a Pushgateway. */
  push?: string;
}

/** `meshtrust audit`: the trust graph of a live cluster, read-only. Exit codes: see {@link exitOf}. */
export async function auditCommand(flags: AuditFlags): Promise<number> {
  using _ = endingWhenInterrupted();
  if (flags.as === undefined && flags.asGroup !== undefined) {
    throw usageFailure('--as-group needs --as: a group by itself is nobody.');
  }
  const kube = connectKube(flags.kubeconfig ?? kubeconfigOfLab(flags), {
    ...defined({ context: flags.context }),
    ...(flags.as === undefined ? {} : { as: { user: flags.as, groups: flags.asGroup ?? [] } }),
  });
  kube.as('audit');
  const progress = new Progress();
  const who = flags.as === undefined ? '' : `, as ${flags.as}`;
  progress.note(`Context ${kube.context} at ${kube.server}${who}. Nothing is changed.`);
  const { secrets, concurrency, strict = false, within } = flags;
  const namespaces = [...new Set(flags.namespace)];
  const observation = await observe(kube, { namespaces, secrets, concurrency }, progress);
  if (kube.aheadBy() !== 0) {
    const seconds = Math.round(Math.abs(kube.aheadBy()) / 1000);
    progress.note(
      `This machine's clock is ${seconds} s ${kube.aheadBy() > 0 ? 'behind' : 'ahead of'} the cluster's, which counts.`,
    );
  }
  const graph = judgedEdges(mapStrings(trustGraph(observation), inert), flags.between);
  const text = await FORMATS[flags.output](graph, kube, flags);
  if (flags.out === undefined) process.stdout.write(text);
  else {
    writeOut(flags.out, text);
    progress.note(`Written to ${flags.out}.`);
  }
  const options = { strict, ...defined({ within }) };
  const code = exitOf(outcomeOf(graph, options), strict);
  if (flags.push === undefined) return code;
  try {
    const { pushMetrics } = await import('../audit/metrics.ts');
    await pushMetrics(graph, options, { url: flags.push, instance: inert(kube.context) });
    return code;
  } catch (error) {
    // What was seen is what the exit code is about, if it is bad.
    if (code !== EXIT.claimFailed) throw error;
    progress.note(messageOf(error));
    return code;
  }
}

/** A reservation has a code of its own, so that whoever can live with it may; with --strict it is as bad as a broken edge. */
function exitOf(outcome: Outcome, strict: boolean): number {
  const reserved = (code: number) => (strict ? EXIT.claimFailed : code);
  const codes: Record<Outcome, number> = {
    broken: EXIT.claimFailed,
    'nothing-judged': EXIT.environment,
    'ends-soon': EXIT.claimFailed,
    'breaks-at-restart': reserved(EXIT.breaksAtRestart),
    'partly-unseen': reserved(EXIT.partlyUnseen),
    trusted: EXIT.conformant,
  };
  return codes[outcome];
}

/** All edges, or those between two ends. Fails, exit code 2, for other than two, and for a name that nobody has. */
function judgedEdges(graph: TrustGraph, between: readonly string[] | undefined): TrustGraph {
  if (between === undefined) return graph;
  const [one, other, ...more] = between;
  if (one === undefined || other === undefined || more.length > 0) {
    throw usageFailure(`--between takes two names, these are ${between.length}: ${between.join(', ')}.`);
  }
  const edges = edgesBetween(graph, [one, other]);
  if (edges !== undefined) return edges;
  const known = new Set(
    graph.nodes.filter(({ kind }) => kind === 'proxy').flatMap(({ namespace, plane }) => [namespace, plane]),
  );
  throw usageFailure(`No proxy is in or of '${one}' or '${other}'.`, {
    next: `Name two of: ${[...known].filter((name) => name !== undefined).join(', ')}; or an app, or a pod.`,
  });
}

/** The one lab that is up, where kubectl would find no cluster at all; undefined where there is none, or a choice. */
function kubeconfigOfLab({ context }: AuditFlags): string | undefined {
  if (context !== undefined || hasKubeconfig()) return undefined;
  const files = allRuns()
    .filter((run) => run.kept)
    .map(({ id }) => ({ id, file: join(workFolder(id), 'kubeconfig.yaml') }))
    .filter(({ file }) => existsSync(file));
  if (files.length < 2) return files[0]?.file;
  throw usageFailure(`There is no kubeconfig, and ${files.length} labs are up.`, {
    next: `Name one with --kubeconfig: ${files.map(({ file }) => file).join(', ')}.`,
  });
}

type Render = (graph: TrustGraph, kube: Kube, flags: AuditFlags) => string | Promise<string>;

const FORMATS: Record<AuditFlags['output'], Render> = {
  table: (graph, _, { out, verbose, strict, within }) => {
    const colour = out === undefined && process.stdout.isTTY && process.stdout.hasColors();
    return renderTable(graph, { colour, verbose: verbose === true, strict: strict === true, ...defined({ within }) });
  },
  json: (graph) => `${JSON.stringify(graph, undefined, 2)}\n`,
  yaml: (graph) => toYaml(graph),
  openmetrics: async (graph, _, { strict, within }) => {
    const { renderMetrics } = await import('../audit/metrics.ts');
    return await renderMetrics(graph, { strict: strict === true, ...defined({ within }) });
  },
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
