import { expect, it } from 'vitest';
import { connectKube } from '../cluster/kube/client.ts';
import { trustGraph } from '../verdict/trust/graph/graph.ts';
import type { TrustGraph } from '../verdict/trust/graph/model.ts';
import { renderMetrics } from './metrics.ts';
import { observe } from './observe.ts';
import { loopbackMesh } from './testing/mesh.ts';
import { openLoopback, SILENT } from './testing/open.ts';

async function graphOf(joined: boolean): Promise<TrustGraph> {
  await using loopback = await openLoopback(await loopbackMesh({ joined }));
  const options = { namespaces: [], secrets: true, concurrency: 4 };
  return trustGraph(await observe(connectKube(loopback.kubeconfig), options, SILENT));
}

/** The samples, without their comments. */
const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

it('counts edges by verdict, those that there are none of too, and ends as OpenMetrics does', async () => {
  const text = await renderMetrics(await graphOf(false), {});
  expect(text).toMatch(/^# HELP meshtrust_edges Edges of the trust graph by verdict\.\n# TYPE meshtrust_edges gauge\n/);
  expect(text).toMatch(/\n# EOF\n$/);
  expect(samples(text)).toEqual(
    expect.arrayContaining([
      'meshtrust_edges{channel="workload",verdict="unknown-issuer"} 1',
      'meshtrust_edges{channel="workload",verdict="trusted"} 1',
      'meshtrust_edges{channel="control",verdict="trusted"} 2',
      'meshtrust_edges{channel="control",verdict="revoked"} 0',
      'meshtrust_outcome{outcome="broken"} 1',
      'meshtrust_outcome{outcome="trusted"} 0',
      'meshtrust_unseen 0',
      'meshtrust_hidden_nodes 0',
      'meshtrust_restart_findings 0',
    ]),
  );
});

it('tells when the first CA of a path ends, by the planes at its ends, and when it looked', async () => {
  const graph = await graphOf(true);
  const text = samples(await renderMetrics(graph, { within: 20 * 365 * 86_400_000 }));
  const [until = ''] = graph.conversations.map((one) => one.until ?? '');
  const [edge] = text.filter((line) =>
    line.startsWith(
      'meshtrust_ca_end_timestamp_seconds{channel="workload",from="openshift-ingress/istiod-openshift-gateway",to="istio-system/istiod"}',
    ),
  );
  expect(Number(edge?.split(' ').at(-1))).toBe(Date.parse(until) / 1000);
  expect(text).toContain(`meshtrust_look_timestamp_seconds ${Date.parse(graph.at) / 1000}`);
  expect(text).toContain('meshtrust_outcome{outcome="ends-soon"} 1');
});
