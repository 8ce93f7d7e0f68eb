import { beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../../../observations/certificate.ts';
import { parseRevocationLists } from '../../../observations/revocation-list.ts';
import { type Authority, createIntermediate, createRoot, issueRevocationList } from '../issue.ts';
import { trustGraph } from './graph.ts';
import type { ObservedProxy, ObservedReplica, ObservedWebhook } from './observation.ts';
import { outcomeOf } from './outcome.ts';
import { observe, presented, talk, testLeaf, type TestPlane, testPlane, testProxy } from './testing/planes.ts';

// What an Envoy holds counts as it holds it: nothing stands in for it.

let root: Authority;
let ca: Authority;
let plane: TestPlane;
let details: ObservedProxy;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root' });
  ca = await createIntermediate(root, { commonName: 'Mesh CA' });
  plane = await testPlane('mesh', ca);
  details = await testProxy(plane, 'details');
});

const odd = async (parts: Parameters<typeof testProxy>[2]) => {
  const graph = trustGraph(observe([plane], [details, await testProxy(plane, 'odd', parts)]));
  return { graph, called: talk(graph, 'details', 'odd'), calling: talk(graph, 'odd', 'details') };
};

describe('revocation', () => {
  const lists = async (...of: [Authority, revoked?: Authority][]) => {
    const texts = await Promise.all(of.map(([by, one]) => issueRevocationList(by, one ? [one.certificate] : [])));
    return { from: 'its Envoy', lists: parseRevocationLists(texts.join('')) };
  };

  it('is no obstacle where there is a list of every CA, and nobody is on one', async () => {
    const { graph, calling } = await odd({ revocation: await lists([root], [ca]) });
    expect(calling.verdict).toBe('trusted');
    expect(outcomeOf(graph)).toBe('trusted');
  });

  it('breaks an edge where a list is missing, though nobody is revoked', async () => {
    const { graph, calling, called } = await odd({ revocation: await lists([root]) });
    expect(calling).toMatchObject({
      verdict: 'revocation-unknown',
      reason: expect.stringMatching(
        /^Sidecar odd refuses sidecar details: .* needs a revocation list of its issuer, "CN=Mesh CA", and there is none/,
      ) as string,
      remedies: [expect.stringMatching(/^Put a list of "Mesh CA" .* into ca-crl\.pem/)],
    });
    // Whoever looks for nothing goes on as before, but a handshake takes two.
    expect(called.verdict).toBe('revocation-unknown');
    expect(outcomeOf(graph)).toBe('broken');
  });

  it('names what is revoked', async () => {
    const { calling } = await odd({ revocation: await lists([root, ca], [ca]) });
    expect(calling.verdict).toBe('revoked');
    expect(calling.reason).toMatch(/"CN=Mesh CA" is revoked by the revocation list of "CN=Root"/);
    expect(calling.remedies).toEqual([expect.stringMatching(/^Have the Secret cacerts in mesh hold another CA/)]);
  });

  it('is of one leaf and not of all that are alike in everything else', async () => {
    const [fine, gone] = [await testProxy(plane, 'fine'), await testProxy(plane, 'gone')];
    const revoked = gone.chain?.[0];
    const texts = [await issueRevocationList(root), await issueRevocationList(ca, revoked ? [revoked] : [])];
    const revocation = { from: 'its Envoy', lists: parseRevocationLists(texts.join('')) };
    const graph = trustGraph(observe([plane], [await testProxy(plane, 'odd', { revocation }), fine, gone]));
    expect([talk(graph, 'odd', 'fine').verdict, talk(graph, 'odd', 'gone').verdict]).toEqual(['trusted', 'revoked']);
  });

  it('is not seen where the lists were not', async () => {
    const { graph, calling } = await odd({ revocation: { from: 'the file /lists of its pod', lists: undefined } });
    expect(calling.verdict).toBe('not-seen');
    expect(calling.reason).toContain(
      'sidecar odd looks for revocation in the file /lists of its pod, which could not be read',
    );
    expect(outcomeOf(graph)).toBe('partly-unseen');
  });
});

describe('roots', () => {
  it('by trust domain are those of the peer’s', async () => {
    const roots = [root.certificate];
    const right = new Map([['cluster.local', roots]]);
    expect((await odd({ rootsByDomain: right, roots })).calling.verdict).toBe('trusted');
    const elsewhere = new Map([['other.test', roots]]);
    expect((await odd({ rootsByDomain: elsewhere, roots })).calling.verdict).toBe('one-way-trust');
  });

  it('that Envoy has not got are none, whatever its ConfigMap says', async () => {
    expect((await odd({ roots: [] })).calling).toMatchObject({
      verdict: 'one-way-trust',
      reason: expect.stringContaining('no root is trusted at all') as string,
    });
  });

  it('that Envoy holds in a way that cannot be read are not seen, whatever its ConfigMap says', async () => {
    const { graph, calling } = await odd({ roots: undefined, problem: 'its ROOTCA is a file' });
    expect(calling.verdict).toBe('not-seen');
    expect(outcomeOf(graph)).toBe('partly-unseen');
  });
});

describe('trust domains', () => {
  const foreign = { spiffeId: 'spiffe://partner.test/ns/apps/sa/odd' };
  const judged = async (parts: Partial<TestPlane['observed']>) => {
    const other = { ...plane, observed: { ...plane.observed, ...parts } };
    const odd = await testProxy(plane, 'odd', { leaf: foreign });
    const graph = trustGraph(observe([other], [details, odd]));
    return [talk(graph, 'details', 'odd').verdict, talk(graph, 'odd', 'details').reason];
  };

  it('of caCertificates are let in as clients, and not called as servers', async () => {
    const [called, calling] = await judged({ alsoAdmits: ['partner.test'] });
    expect(called).toBe('trust-domain-differs');
    expect(calling).not.toMatch(/details refuses/);
  });

  it('of clients do not matter where they are not looked at', async () => {
    expect((await judged({ alsoAdmits: 'all' }))[1]).not.toMatch(/details refuses/);
    expect((await judged({}))[1]).toMatch(/details refuses sidecar odd/);
  });

  it('are read from certificates where the mesh configuration was not seen', async () => {
    const graph = trustGraph(
      observe(
        [{ ...plane, observed: { ...plane.observed, trustDomain: undefined } }],
        [
          await testProxy(plane, 'one', { leaf: { spiffeId: 'spiffe://own.test/ns/apps/sa/one' } }),
          await testProxy(plane, 'two', { leaf: { spiffeId: 'spiffe://own.test/ns/apps/sa/two' } }),
        ],
      ),
    );
    const { verdict, reason } = talk(graph, 'one', 'two');
    expect(verdict).toBe('trusted');
    expect(reason).toContain('since the mesh configuration of mesh/istiod was not seen');
  });
});

it('a certificate that is renewed while an audit runs is judged at the instant at which it was seen', async () => {
  const soon = new Date(Date.now() + 60_000);
  const leaf = { notBefore: soon };
  const seenAt = new Date(soon.getTime() + 1_000);
  expect((await odd({ leaf, seenAt })).called.verdict).toBe('trusted');
  expect((await odd({ leaf })).called.verdict).toBe('not-yet-valid');
});

it.each(['gateway', 'waypoint'] as const)('a %s that serves the mesh is judged as a server', async (kind) => {
  const other = await createRoot({ commonName: 'Other' });
  const { called } = await odd({ kind, serves: true, ca: other, roots: [other.certificate] });
  expect(called.verdict).toBe('unknown-issuer');
});

it('every pod of an istiod counts: an agent reaches whichever it happens to', async () => {
  const other = await testPlane('mesh', await createRoot({ commonName: 'Other' }));
  const replicas = [
    ...plane.observed.replicas,
    { pod: 'istiod-1', serving: other.observed.serving ?? [], webhook: undefined },
  ];
  const graph = trustGraph(observe([{ ...plane, observed: { ...plane.observed, replicas } }], [details]));
  const control = talk(graph, 'details', plane.observed.id);
  expect(control.verdict).toBe('agent-bundle-differs');
  expect(control.reason).toContain('pod istiod-1 of it: ');
  expect(graph.nodes.find(({ kind }) => kind === 'istiod')?.problem).toMatch(
    /its pods issue from different CAs: istiod-0 from "Root" \(\w{16}\), istiod-1 from "Other" \(\w{16}\)/,
  );
});

it('pods of an istiod below two intermediates issue from one root', async () => {
  const below = async (commonName: string) => await testPlane('mesh', await createIntermediate(root, { commonName }));
  const [first, second] = [await below('A'), await below('B')];
  const other = { pod: 'istiod-1', serving: second.observed.serving, webhook: undefined };
  const observed = { ...first.observed, replicas: [...first.observed.replicas, other] };
  const graph = trustGraph(observe([{ ...first, observed }], [await testProxy(first, 'details')]));
  expect(graph.nodes.find(({ kind }) => kind === 'istiod')?.problem).toBeUndefined();
});

describe('the API server', () => {
  const called = (webhook: readonly Certificate[], more: readonly ObservedReplica[] = []) => {
    const { serving } = plane.observed;
    const replicas = [{ pod: 'istiod-0', serving, webhook: [...webhook] }, ...more];
    const one: ObservedWebhook = {
      id: 'MutatingWebhookConfiguration/injector',
      name: 'injector',
      kind: 'mutating',
      plane: plane.observed.id,
      roots: plane.bundle.certificates,
      problem: undefined,
    };
    const observation = observe([{ ...plane, observed: { ...plane.observed, replicas } }], [details]);
    const graph = trustGraph({ ...observation, webhooks: [one] });
    return graph.conversations.find(({ channel }) => channel === 'webhook');
  };
  const leaf = (name: string, dates = {}) =>
    testLeaf(plane.ca, {
      spiffeId: 'spiffe://cluster.local/ns/mesh/sa/istiod',
      alternativeNames: [{ form: 'dns', value: name }],
      ...dates,
    });

  it('reads the names of what is presented to it, not of what agents see', async () => {
    expect(called(presented(await leaf('other.mesh.svc')))?.verdict).toBe('san-refused');
  });

  it('and a leaf of istiod that has expired: istiod issues another when it restarts', async () => {
    const past = { notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 3_600_000) };
    const sound = await leaf('istiod.mesh.svc');
    const expired = presented(await leaf('istiod.mesh.svc', past));
    const second = { pod: 'istiod-1', serving: presented(sound), webhook: expired };
    const edge = called(presented(sound), [second]);
    expect(edge?.verdict).toBe('expired');
    expect(edge?.remedies).toEqual([expect.stringMatching(/^Restart mesh\/istiod, which then issues itself another/)]);
  });
});
