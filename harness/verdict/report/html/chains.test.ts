import { expect, it } from 'vitest';
import type { CertificateSummary, GraphLink, GraphNode, TrustGraph } from '../../trust/graph/model.ts';
import { chainList } from './chains.ts';

const certificate = (fingerprint: string, subject: string, names: string[] = []): CertificateSummary => ({
  fingerprint: fingerprint.repeat(64),
  subject,
  issuer: '',
  notBefore: '2026-05-04T09:59:00Z',
  notAfter: '2027-05-04T09:59:00Z',
  serial: '4f',
  key: 'RSA-4096',
  isCa: names.length === 0,
  names,
});
const certificates = [
  certificate('1', '', ['spiffe://cluster.local/ns/bookinfo/sa/details']),
  certificate('2', '', ['spiffe://cluster.local/ns/bookinfo/sa/ratings']),
  certificate('3', '', ['istiod.istio-system.svc']),
  certificate('a', 'CN=Mesh Intermediate'),
  certificate('b', 'CN=Root'),
];
const node = (kind: GraphNode['kind'], label: string, fingerprint: string): GraphNode => {
  const isCa = kind === 'root' || kind === 'intermediate';
  return { id: isCa ? fingerprint.repeat(64) : label, kind, label, certificate: fingerprint.repeat(64) };
};
const signed = (from: string, by: string): GraphLink => ({ from, to: by.repeat(64), kind: 'signedBy' });

const nodes = [
  node('istiod', 'istiod', '3'),
  node('root', 'Root', 'b'),
  node('intermediate', 'Mesh Intermediate', 'a'),
  node('proxy', 'details', '1'),
  node('proxy', 'ratings', '2'),
];
const links = [signed('details', 'a'), signed('ratings', 'a'), signed('istiod', 'a'), signed('a'.repeat(64), 'b')];
const graph: TrustGraph = { at: '', nodes, links, conversations: [], certificates, unseen: [] };

const textOf = async (drawn: TrustGraph) => String(await chainList(drawn, 'now')).replace(/<[^>]*>|\s+/g, ' ');
const chainsIn = async (drawn: TrustGraph) =>
  [...String(await chainList(drawn, 'now')).matchAll(/<ol.*?<\/ol>/gs)].map(([chain]) =>
    [...chain.matchAll(/<strong>(.*?)<\/strong>/g)].map(([, name]) => name),
  );

it('draws one chain for all proxies whose leaves hang on it, then those of istiods', async () => {
  expect(await chainsIn(graph)).toEqual([
    ['details, ratings', 'Mesh Intermediate', 'Root'],
    ['istiod', 'Mesh Intermediate', 'Root'],
  ]);
});

it('says of every certificate whose it is, how long it is valid, its key and its fingerprint', async () => {
  const text = (await textOf(graph)).replace(/ +/g, ' ');
  const valid = '2026-05-04 09:59 UTC – 2027-05-04 09:59 UTC';
  expect(text).toContain(`intermediate Mesh Intermediate CN=Mesh Intermediate RSA-4096, ${valid} aaaaaaaaaaaaaaaa `);
  expect(text).toContain(`leaf istiod istiod.istio-system.svc RSA-4096, ${valid} 3333333333333333 `);
  expect(text).toContain(`ratings spiffe://cluster.local/ns/bookinfo/sa/ratings ${valid} RSA-4096 2222222222222222 `);
});

it('ends a chain where nobody knows the issuer, and where issuers go in a circle', async () => {
  expect(await chainsIn({ ...graph, links: [] })).toEqual([['details, ratings'], ['istiod']]);
  const circle = [...links, signed('b'.repeat(64), 'a')];
  expect((await chainsIn({ ...graph, links: circle }))[0]).toEqual(['details, ratings', 'Mesh Intermediate', 'Root']);
});
