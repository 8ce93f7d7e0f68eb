import { describe, expect, it } from 'vitest';
import { createIntermediate, createRoot } from '../issue.ts';
import { trustGraph } from './graph.ts';
import type { TrustGraph } from './model.ts';
import type { ObservedAuthority } from './observation.ts';
import { observe, testLeaf, testPlane, testProxy } from './testing/planes.ts';

const past = { notBefore: new Date(Date.now() - 9e8), notAfter: new Date(Date.now() - 8e8) };
const root = await createRoot({ commonName: 'SM Root CA' });
const stray = await createRoot({ commonName: 'Stray Root CA' });
const ca = await createIntermediate(root, { commonName: 'Mesh CA' });
const mesh = await testPlane('mesh', ca, { revision: 'canary' });
const [rootId, caId, strayId] = [root, ca, stray].map(({ certificate }) => certificate.fingerprint);

const secret = (parts: Partial<ObservedAuthority>): ObservedAuthority => ({
  id: 'mesh/cacerts',
  kind: 'cacerts',
  plane: 'mesh/istiod',
  chain: [ca.certificate, root.certificate],
  roots: [root.certificate],
  form: 'istio',
  isSelfMade: false,
  keeper: undefined,
  problem: undefined,
  ...parts,
});
const node = (graph: TrustGraph, id: string | undefined) => graph.nodes.find((one) => one.id === id);
const linksFrom = (graph: TrustGraph, id: string | undefined) =>
  graph.links.filter(({ from }) => from === id).map(({ kind, to }) => `${kind} ${to}`);

describe('the nodes and links of a sound mesh', async () => {
  const details = await testProxy(mesh, 'details');
  const serving = await testLeaf(ca, { spiffeId: 'spiffe://cluster.local/ns/mesh/sa/istiod' });
  const graph = trustGraph({
    ...observe([mesh], [details]),
    authorities: [secret({}), secret({ id: 'mesh/istiod-tls', kind: 'istiod-tls', chain: [...serving.chain] })],
    unseen: ['Secrets in kube-system: forbidden.'],
  });

  it('are each there once, a CA by its fingerprint whoever showed it', () => {
    expect(graph.nodes).toEqual([
      {
        id: 'mesh/istiod',
        kind: 'istiod',
        label: 'istiod',
        namespace: 'mesh',
        plane: 'mesh/istiod',
        detail: 'revision canary, 1.29.1',
        certificate: mesh.observed.serving?.[0]?.fingerprint,
      },
      { id: rootId, kind: 'root', label: 'SM Root CA', certificate: rootId },
      { id: caId, kind: 'intermediate', label: 'Mesh CA', plane: 'mesh/istiod', certificate: caId },
      { id: 'configMap:apps/mesh-root-cert', kind: 'configMap', label: 'mesh-root-cert', namespace: 'apps' },
      {
        id: 'secret:mesh/cacerts',
        kind: 'secret',
        label: 'cacerts',
        namespace: 'mesh',
        plane: 'mesh/istiod',
        detail: 'cacerts',
        certificate: caId,
      },
      {
        id: 'secret:mesh/istiod-tls',
        kind: 'secret',
        label: 'istiod-tls',
        namespace: 'mesh',
        plane: 'mesh/istiod',
        detail: 'istiod-tls',
        certificate: serving.certificate.fingerprint,
      },
      {
        id: 'apps/details-0',
        kind: 'proxy',
        label: 'details',
        namespace: 'apps',
        plane: 'mesh/istiod',
        detail: 'sidecar',
        certificate: details.chain?.[0]?.fingerprint,
      },
    ]);
  });

  it('say who trusts, signs, serves and holds what', () => {
    expect(linksFrom(graph, 'apps/details-0')).toEqual([`signedBy ${caId}`, `trusts ${rootId}`]);
    expect(linksFrom(graph, 'mesh/istiod')).toEqual([`signedBy ${caId}`, 'serves apps/details-0']);
    expect(linksFrom(graph, caId)).toEqual([`signedBy ${rootId}`]);
    expect(linksFrom(graph, rootId)).toEqual([]);
    expect(linksFrom(graph, 'configMap:apps/mesh-root-cert')).toEqual([`trusts ${rootId}`]);
    expect(linksFrom(graph, 'secret:mesh/cacerts')).toEqual([`holds ${caId}`]);
    expect(linksFrom(graph, 'secret:mesh/istiod-tls')).toEqual([`signedBy ${caId}`]);
  });

  it('come with every certificate once and with what was not seen', () => {
    const leaves = [mesh.observed.serving?.[0], serving.certificate, details.chain?.[0]];
    const expected = [rootId, caId, ...leaves.map((leaf) => leaf?.fingerprint)];
    expect(graph.certificates.map(({ fingerprint }) => fingerprint)).toEqual(expected);
    expect(graph.certificates.at(-1)).toMatchObject({
      issuer: 'CN=Mesh CA',
      key: 'P-256',
      isCa: false,
      names: ['spiffe://cluster.local/ns/apps/sa/details'],
    });
    expect(graph.unseen).toEqual(['Secrets in kube-system: forbidden.']);
  });
});

describe('what is wrong with a node by itself', () => {
  it.each([
    ['no chain at all', { chain: [] }, /^it presents no certificate$/],
    ['an expired leaf', { leaf: past }, /^its certificate expired at /],
    ['no SPIFFE ID', { leaf: { spiffeId: 'spiffe://' } }, /is not an Istio SPIFFE ID/],
    [
      'the identity of another',
      { serviceAccount: 'bank' },
      /names spiffe:\/\/cluster\.local\/ns\/apps\/sa\/odd, not its own ns\/apps\/sa\/bank$/,
    ],
    ['no root', { roots: [] }, /^it trusts no root$/],
    ['no plane', { plane: undefined }, /^which istiod serves it could not be told$/],
    ['a plane nobody saw', { plane: 'gone/istiod' }, /^its istiod, gone\/istiod, was not seen$/],
    ['what its observer says', { chain: undefined, problem: 'it timed out' }, /^it timed out$/],
  ])('a proxy with %s', async (_, parts, problem) => {
    const graph = trustGraph(observe([mesh], [await testProxy(mesh, 'odd', parts)]));
    expect(node(graph, 'apps/odd-0')?.problem).toMatch(problem);
  });

  it('CAs, ConfigMaps, Secrets and istiods have problems too', async () => {
    const old = await createIntermediate(root, { commonName: 'Old CA', isCa: false, ...past });
    const empty = { id: 'apps/empty', certificates: [], problem: undefined, isEmpty: true };
    const graph = trustGraph({
      ...observe([{ ...mesh, bundle: empty, observed: { ...mesh.observed, serving: undefined } }], []),
      authorities: [
        secret({ chain: old.chain.slice(0, 1) }),
        secret({ id: 'other/cacerts', roots: [stray.certificate] }),
      ],
    });
    expect(node(graph, old.certificate.fingerprint)?.problem).toMatch(
      /^its certificate expired at .*; it is not marked as a CA/,
    );
    expect(node(graph, 'configMap:apps/empty')?.problem).toBe('it holds no certificate');
    expect(node(graph, 'mesh/istiod')?.problem).toBe('what it presents was not seen');
    expect(node(graph, 'secret:mesh/cacerts')?.problem).toMatch(
      /^its certificate under its own root is not trusted: "CN=Old CA" expired/,
    );
    // A root made anew while the intermediates were kept: nothing else would show it before the next restart.
    expect(node(graph, 'secret:other/cacerts')?.problem).toMatch(
      /under its own root is not trusted: the chain ends at "CN=SM Root CA"/,
    );
    expect(node(graph, strayId)).toMatchObject({ kind: 'root' });
  });
});

it('a CA whose name is its issuer’s is no root', async () => {
  const rolled = await createIntermediate(root, { commonName: 'SM Root CA' });
  const plane = await testPlane('mesh', rolled);
  const graph = trustGraph(observe([plane], [await testProxy(plane, 'details')]));
  expect(node(graph, rolled.certificate.fingerprint)?.kind).toBe('intermediate');
  expect(graph.conversations[0]?.roots.serverIssuer).toBe(rootId);
});
