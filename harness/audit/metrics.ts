import { Gauge, Pushgateway, Registry } from 'prom-client';
import { deadline } from '../common/deadlines.ts';
import { environmentFailure, messageOf } from '../common/errors.ts';
import { hiddenNodes, type Outcome, type OutcomeOptions, outcomeOf } from '../verdict/trust/graph/outcome.ts';
import { CHANNELS, type TrustGraph, VERDICTS } from '../verdict/trust/graph/model.ts';

const OUTCOMES: readonly Outcome[] = [
  'broken',
  'nothing-judged',
  'ends-soon',
  'breaks-at-restart',
  'partly-unseen',
  'trusted',
];

/** A trust graph as gauges in OpenMetrics text (openmetrics.io, 1.0.0), for a scrape or a textfile collector. */
export const renderMetrics = async (graph: TrustGraph, options: OutcomeOptions): Promise<string> =>
  await gauges(graph, options).metrics();

/**
 * Gives the same gauges to a Pushgateway, in the place of those that this instance has given it before.
 * @throws Failure of the environment where it does not take them.
 */
export async function pushMetrics(
  graph: TrustGraph,
  options: OutcomeOptions,
  { url, instance }: { url: string; instance: string },
): Promise<void> {
  const gateway = new Pushgateway(url, { timeout: deadline('request') }, gauges(graph, options));
  try {
    // In base64url, since the name of a context may have a slash in it (Pushgateway, README, URL).
    const groupings = { 'instance@base64': Buffer.from(instance).toString('base64url') || '=' };
    await gateway.push({ jobName: 'meshtrust', groupings });
  } catch (error) {
    throw environmentFailure(`The Pushgateway at ${url} does not take what was seen: ${messageOf(error)}`, {
      next: 'Check its address; what was pushed before is still what it tells.',
      cause: error,
    });
  }
}

/** Edges are told by the planes at their ends and not by pod, so that there are no more series tomorrow than today. */
function gauges(graph: TrustGraph, options: OutcomeOptions): Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE> {
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `meshtrust_${name}`, help, labelNames, registers: [registry] });

  const edges = gauge('edges', 'Edges of the trust graph by verdict.', 'channel', 'verdict');
  for (const channel of CHANNELS) {
    for (const verdict of VERDICTS) {
      const those = graph.conversations.filter((one) => one.channel === channel && one.verdict === verdict);
      // A verdict that goes away has to go to zero, not to vanish.
      edges.set({ channel, verdict }, those.length);
    }
  }
  const outcome = gauge('outcome', 'What the graph comes to: 1 for one of them.', 'outcome');
  const now = outcomeOf(graph, options);
  for (const name of OUTCOMES) outcome.set({ outcome: name }, name === now ? 1 : 0);

  gauge('unseen', 'What could not be seen, in sentences.').set(graph.unseen.length);
  gauge('beside', 'What else was not seen, and settings that do without TLS, in sentences.').set(
    graph.beside?.length ?? 0,
  );
  gauge('hidden_nodes', 'Proxies and istiods that were not seen.').set(hiddenNodes(graph));
  gauge('restart_findings', 'What the next restart of an istiod would break or change.').set(
    graph.atRestart?.length ?? 0,
  );
  gauge('look_timestamp_seconds', 'When the look ended, by the cluster’s clock.').set(Date.parse(graph.at) / 1000);

  const end = gauge(
    'ca_end_timestamp_seconds',
    'When the first CA ends that trusted edges rest on.',
    'channel',
    'from',
    'to',
  );
  const planes = new Map(graph.nodes.map(({ id, plane }) => [id, plane ?? 'unknown']));
  const planeOf = ([first]: readonly string[]) => planes.get(first ?? '') ?? 'unknown';
  const ends = Map.groupBy(
    graph.conversations.filter(({ until }) => until !== undefined),
    ({ channel, from, to }) => JSON.stringify({ channel, from: planeOf(from), to: planeOf(to) }),
  );
  for (const [labels, those] of ends) {
    const first = Math.min(...those.map(({ until = '' }) => Date.parse(until)));
    end.set(JSON.parse(labels) as Record<'channel' | 'from' | 'to', string>, first / 1000);
  }
  return registry;
}
