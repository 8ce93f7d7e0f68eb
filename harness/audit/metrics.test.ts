import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fixture } from '../common/paths.ts';
import { connectKube } from '../cluster/kube/client.ts';
import { trustGraph } from '../verdict/trust/graph/graph.ts';
import type { TrustGraph } from '../verdict/trust/graph/model.ts';
import { pushMetrics, renderMetrics } from './metrics.ts';
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

describe('a Pushgateway', () => {
  const receiving = async (status: number, work: (url: string) => Promise<void>) => {
    const got: { method: string | undefined; url: string | undefined; body: string }[] = [];
    const server = createServer((incoming, answer) => {
      void textOf(incoming).then((body) => {
        got.push({ method: incoming.method, url: incoming.url, body });
        answer.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
    }
    return got;
  };

  it('gets the gauges in the place of those that the instance has given it before', async () => {
    const graph = await graphOf(false);
    const got = await receiving(200, (url) => pushMetrics(graph, {}, { url, instance: 'a/b' }));
    expect(got).toEqual([
      {
        method: 'PUT',
        url: `/metrics/job/meshtrust/instance%40base64/${Buffer.from('a/b').toString('base64url')}`,
        body: await renderMetrics(graph, {}),
      },
    ]);
  });

  it('that does not take them is told, with the next step', async () => {
    const graph = await graphOf(false);
    const push = (url: string) => pushMetrics(graph, {}, { url, instance: 'a' });
    await receiving(400, async (url) => {
      await expect(push(url)).rejects.toMatchObject({
        kind: 'environment',
        message: expect.stringMatching(/400/) as string,
      });
    });
    await expect(push('http://127.0.0.1:9')).rejects.toThrow(
      /^The Pushgateway at http:\/\/127\.0\.0\.1:9 does not take what was seen: .*ECONNREFUSED[^]*\nCheck its address/,
    );
  });
});

it('the alerts are on gauges and labels that there are', async () => {
  const text = await renderMetrics(await graphOf(true), {});
  const rules = parse(readFileSync(fixture('sentinel', 'alerts.yaml'), 'utf8')) as {
    spec: { groups: { rules: { alert: string; expr: string }[] }[] };
  };
  const expressions = rules.spec.groups.flatMap((group) => group.rules.map(({ expr }) => expr));
  const used = new Set(expressions.flatMap((expr) => expr.match(/meshtrust_\w+/g) ?? []));
  expect(
    [...used].filter((name) => !text.includes(`\n# TYPE ${name} gauge\n`) && !text.startsWith(`# HELP ${name} `)),
  ).toEqual([]);
  const labels = expressions.flatMap((expr) => expr.match(/\w+(?==~?"|!~")/g) ?? []);
  expect(labels.filter((label) => !text.includes(`${label}="`))).toEqual([]);
  const outcomes = expressions.flatMap((expr) => /outcome=~?"([^"]+)"/.exec(expr)?.[1]?.split('|') ?? []);
  expect(outcomes.filter((outcome) => !text.includes(`outcome="${outcome}"`))).toEqual([]);
});
