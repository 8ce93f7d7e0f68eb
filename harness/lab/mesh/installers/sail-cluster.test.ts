import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { connectKube } from '../../../cluster/kube/client.ts';
import type { IstioParts } from './installer.ts';
import { loadDistribution } from '../distribution.ts';
import { ledgerOfOwn } from '../../../cluster/ownership/ledger.ts';
import { applySail } from './sail-cluster.ts';
import { sailResources } from './sail.ts';

const PARTS: IstioParts = {
  version: '1.28.5',
  installer: { kind: 'sail' },
  hub: '',
  tag: '',
  archives: [],
  overlay: {},
  components: [],
};
const RESOURCES = sailResources(loadDistribution('openshift-4.22').planes.mesh, PARTS);
const ISTIOS = '/apis/sailoperator.io/v1/istios';
const ISTIO = `${ISTIOS}/default`;
const CNIS = '/apis/sailoperator.io/v1/istiocnis';
const CNI = `${CNIS}/default`;

type Answer = [status: number, body: object];

/** How an API server answers: by method and path, the last of a list again and again; 404 for anything else. */
type Answers = Record<string, Answer[]>;

const OK: Answer[] = [[200, {}]];
const MISSING: Answer = [404, { message: 'not found' }];
const READY: Answer = [
  200,
  { metadata: { generation: 2 }, status: { observedGeneration: 2, conditions: [{ type: 'Ready', status: 'True' }] } },
];
const kinds = (...resources: [kind: string, name: string, namespaced: boolean][]): Answer[] => [
  [200, { resources: resources.map(([kind, name, namespaced]) => ({ kind, name, namespaced })) }],
];
const SAIL: Answers = {
  'GET /apis/sailoperator.io/v1': kinds(['Istio', 'istios', false], ['IstioCNI', 'istiocnis', false]),
  [`PATCH ${ISTIO}`]: OK,
  [`POST ${ISTIOS}`]: OK,
  [`GET ${ISTIO}`]: [READY],
};
const OPENSHIFT: Answers = {
  'GET /apis/config.openshift.io/v1': kinds(['ClusterVersion', 'clusterversions', false]),
  'GET /api/v1': kinds(['Namespace', 'namespaces', false]),
  'POST /api/v1/namespaces': OK,
  [`POST ${CNIS}`]: OK,
  [`GET ${CNI}`]: [MISSING, READY],
};

it('says what is missing where there is no Sail operator', async () => {
  await using api = await serve({});
  await expect(api.applySail()).rejects.toThrow(
    'The cluster does not serve sailoperator.io/v1: nobody there would install the plane.\nInstall the Sail operator',
  );
  expect(api.changes).toEqual([]);
});

it('has the operator’s schema accept a resource before it changes anything', async () => {
  const message = 'spec.version: Unsupported value: "v1.28.5": supported values: "v1.27.3"';
  await using api = await serve({ ...SAIL, [`PATCH ${ISTIO}`]: [[422, { message }]] });
  await expect(api.applySail()).rejects.toThrow(`Istio default would be refused: 422: ${message}\nSet version and`);
  expect(api.changes).toEqual([`${ISTIO} (dry run)`]);
});

it('applies the resource and waits until it is Ready as it is now', async () => {
  const stale: Answer = [200, { ...READY[1], metadata: { generation: 3 } }];
  await using api = await serve({ ...SAIL, [`GET ${ISTIO}`]: [stale, [200, {}], READY] });
  await api.applySail();
  expect(api.asked(`GET ${ISTIO}`)).toBe(3);
  expect(api.changes).toEqual([`${ISTIO} (dry run)`, ISTIOS]);
});

it('brings the CNI plug-in on OpenShift, before the plane', async () => {
  await using api = await serve({ ...SAIL, ...OPENSHIFT });
  await api.applySail();
  expect(api.changes).toEqual([`${ISTIO} (dry run)`, '/api/v1/namespaces', CNIS, ISTIOS]);
});

it('leaves a CNI plug-in that is there as it is', async () => {
  await using api = await serve({ ...SAIL, ...OPENSHIFT, [`GET ${CNI}`]: [READY] });
  await api.applySail();
  expect(api.changes).toEqual([`${ISTIO} (dry run)`, ISTIOS]);
});

/** An API server on loopback that answers as told, and writes down what it was asked to change. */
async function serve(answers: Answers) {
  const changes: string[] = [];
  const asked = new Map<string, number>();
  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    await text(request);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const method = request.method ?? '';
    if (method === 'PATCH' || method === 'POST')
      changes.push(pathname + (searchParams.get('dryRun') === 'All' ? ' (dry run)' : ''));
    const key = `${method} ${pathname}`;
    const count = asked.get(key) ?? 0;
    asked.set(key, count + 1);
    const [status, body] = answers[key]?.at(count) ?? answers[key]?.at(-1) ?? MISSING;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-sail-'));
  const kubeconfig = join(folder.path, 'kubeconfig.yaml');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'test', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      users: [{ name: 'test', user: {} }],
      'current-context': 'test',
    }),
  );
  return {
    changes,
    asked: (key: string) => asked.get(key) ?? 0,
    applySail: () =>
      applySail(
        { kube: connectKube(kubeconfig), runId: 'test', ledger: ledgerOfOwn('test'), shared: [] },
        PARTS,
        RESOURCES,
        {},
      ),
    [Symbol.asyncDispose]: async () => {
      folder.remove();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
