import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Certificate } from '../observations/certificate.ts';
import { type Authority, createIntermediate, createRoot, PrivateKey } from '../verdict/trust/issue.ts';
import { trustGraph } from '../verdict/trust/graph/graph.ts';
import type { ObservedProxy } from '../verdict/trust/graph/observation.ts';
import {
  leafKey,
  observe,
  talk,
  type TestPlane,
  testLeaf,
  testPlane,
  testProxy,
} from '../verdict/trust/graph/testing/planes.ts';
import type { EnvoyQuestion } from './testing/envoy-reader.ts';
import { type RealReaders, startReaders } from './testing/readers.ts';

// Every verdict on two proxies against what real Envoys do with their certificates, roots and names. Where it depends on
// the version which of several equally fitting CAs is taken, the graph goes by the one that refuses.

const DAY = 86_400_000;
const day = (offset: number) => new Date(Date.now() + offset * DAY);
const VALIDITY = {
  valid: { notBefore: day(-3), notAfter: day(30) },
  expired: { notBefore: day(-3), notAfter: day(-2) },
  future: { notBefore: day(2), notAfter: day(3) },
};
const DOMAINS = ['a.test', 'b.test'] as const;
const PURPOSES = { both: ['serverAuth', 'clientAuth'], server: ['serverAuth'], client: ['clientAuth'] };

const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 12 }, { arbitrary: fc.constantFrom(...others), weight: 1 });
const validity = mostly<keyof typeof VALIDITY>('valid', 'expired', 'future');

/** Three names for up to nine CAs, so that there are some of one name and several keys. */
const authority = fc.record({
  name: fc.nat(2),
  validity,
  isCa: mostly(true, false),
  keyIdentifiers: mostly(true, false),
});
/** A root and up to two intermediates, one below the other. */
const line = fc.array(authority, { minLength: 1, maxLength: 3 });
/** One CA of a line, by numbers that are taken modulo what there is; the root most often. */
const member = fc.record({ line: fc.nat(2), depth: mostly(0, 1, 2) });
const proxy = fc.record({
  issuer: fc.record({ line: fc.nat(2), depth: fc.nat(2) }),
  trusts: fc.array(member, { minLength: 1, maxLength: 3 }),
  validity,
  purpose: mostly<keyof typeof PURPOSES>('both', 'server', 'client'),
  keyIdentifiers: mostly(true, false),
  plane: mostly(0, 1),
  domain: mostly<'own' | 'other'>('own', 'other'),
  account: mostly<'own' | 'other'>('own', 'other'),
  /** Which intermediates are left out, counted from the leaf up. */
  withheld: mostly<readonly number[]>([], [0], [1], [0, 1]),
});
const world = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  proxies: fc.array(proxy, { minLength: 2, maxLength: 3 }),
  aliases: fc.tuple(fc.boolean(), fc.boolean()),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const keys = await Promise.all(Array.from({ length: 9 }, async () => await PrivateKey.generate('P-256')));
// OpenSSL completes a lone leaf from its own trusted certificates before it sends it, which Envoy does not.
const strangers = await createRoot({ commonName: 'Stranger' });
const stranger = strangers.certificate;
const plane = await testPlane('plane', strangers);

/** Equal CAs recur in many worlds and take most of the time to make. */
const made = new Map<string, Promise<Authority>>();

async function authorityOf(lines: World['lines'], index: number, depth: number): Promise<Authority> {
  const ancestry = lines[index]!.slice(0, depth + 1);
  const id = JSON.stringify([index, ancestry]);
  const { name, validity: when, ...flags } = ancestry.at(-1)!;
  const options = { ...VALIDITY[when], ...flags, privateKey: keys[index * 3 + depth]! };
  const make = async () =>
    depth === 0
      ? await createRoot({ commonName: `Root ${name}`, ...options })
      : await createIntermediate(await authorityOf(lines, index, depth - 1), { commonName: `CA ${name}`, ...options });
  const authority = made.get(id) ?? make();
  made.set(id, authority);
  return await authority;
}

async function build({ lines, proxies, aliases }: World) {
  const pick = async ({ line: number, depth }: { line: number; depth: number }) => {
    const index = number % lines.length;
    return await authorityOf(lines, index, depth % lines[index]!.length);
  };
  const planes = DOMAINS.map((trustDomain, index): TestPlane => {
    const trustDomainAliases = aliases[index] === true ? [DOMAINS[1 - index]!] : [];
    const identity = { id: `plane-${index}/istiod`, trustDomain, trustDomainAliases };
    return { ...plane, observed: { ...plane.observed, ...identity, serving: undefined } };
  });
  const observed: ObservedProxy[] = [];
  for (const [index, plan] of proxies.entries()) {
    const app = `app${index}`;
    const domain = DOMAINS[plan.domain === 'own' ? plan.plane : 1 - plan.plane]!;
    const leaf = await testLeaf(await pick(plan.issuer), {
      spiffeId: `spiffe://${domain}/ns/apps/sa/${plan.account === 'own' ? app : 'bank'}`,
      extendedKeyUsages: PURPOSES[plan.purpose],
      keyIdentifiers: plan.keyIdentifiers,
      ...VALIDITY[plan.validity],
    });
    const presented = leaf.chain.filter((_, place) => place === 0 || !plan.withheld.includes(place - 1));
    const roots: Certificate[] = [];
    for (const trusted of plan.trusts) roots.push((await pick(trusted)).certificate);
    observed.push(await testProxy(planes[plan.plane]!, app, { chain: [...presented, stranger], roots }));
  }
  return { planes, observed };
}

let real: RealReaders;
beforeAll(async () => {
  real = await startReaders();
}, 300_000);
afterAll(() => real[Symbol.asyncDispose]());

const COUNT = 100;
const pemOf = (certificates: readonly Certificate[]) => certificates.map(({ pem }) => pem).join('');

/** What the client's Envoy is shown, and what the server's; names as Istio has them demanded. */
function questionsOf(client: ObservedProxy, server: ObservedProxy, accepted: Record<'client' | 'server', string[]>) {
  const { namespace, serviceAccount } = server;
  const exact = accepted.client.map((domain) => `spiffe://${domain}/ns/${namespace}/sa/${serviceAccount}`);
  const prefix = accepted.server.map((domain) => `spiffe://${domain}/`);
  const shown = (by: ObservedProxy, to: ObservedProxy): EnvoyQuestion => ({
    chain: pemOf(by.chain!),
    roots: pemOf(to.roots!),
    key: leafKey.pem(),
    accepts: { exact, prefix },
  });
  return { toClient: shown(server, client), toServer: shown(client, server) };
}

/** What becomes of a handshake, by each Envoy; in TLS 1.3 the client judges first. */
async function outcomes(pairs: readonly ReturnType<typeof questionsOf>[]): Promise<string[][]> {
  const found: string[][] = pairs.map(() => []);
  for (const envoy of real.envoys.values()) {
    const [clients, servers] = [
      await envoy.ask(pairs.map(({ toClient }) => toClient)),
      await envoy.ask(pairs.map(({ toServer }) => toServer)),
    ];
    for (const [index, outcome] of found.entries()) {
      const [client, server] = [clients[index]?.asClient.accepted, servers[index]?.asServer.accepted];
      outcome.push(client !== true ? 'refused by the client' : server === true ? 'accepted' : 'refused by the server');
    }
  }
  return found;
}

it('says of every two proxies what their handshake does', async () => {
  const pairs: { told: string; evidence: string; asked: ReturnType<typeof questionsOf> }[] = [];
  for (const plan of fc.sample(world, { numRuns: COUNT, seed: 20_261_127 })) {
    const { planes, observed } = await build(plan);
    const graph = trustGraph(observe(planes, observed));
    const acceptedBy = ({ plane: id }: ObservedProxy) => {
      const { trustDomain, trustDomainAliases } = planes.find((one) => one.observed.id === id)!.observed;
      return [trustDomain ?? '', ...trustDomainAliases];
    };
    for (const client of observed) {
      for (const server of observed.filter((one) => one !== client)) {
        const { verdict, reason } = talk(graph, client.app, server.app);
        const [, refuser = ''] = /^Sidecars? (.*?) refuses? /.exec(reason) ?? [];
        const refused = refuser.includes(client.app) ? 'refused by the client' : 'refused by the server';
        pairs.push({
          told: verdict === 'trusted' ? 'accepted' : refused,
          evidence: `${client.app} → ${server.app}: ${verdict}: ${reason}`,
          asked: questionsOf(client, server, { client: acceptedBy(client), server: acceptedBy(server) }),
        });
      }
    }
  }
  const happened = await outcomes(pairs.map(({ asked }) => asked));
  for (const [index, { told, evidence }] of pairs.entries()) {
    const [first = '', ...others] = happened[index]!;
    if (told === 'accepted') expect([first, ...others], evidence).toEqual([told, told]);
    else expect([first, ...others], evidence).toContain(told);
  }
  expect(pairs.filter(({ told }) => told === 'accepted').length).toBeGreaterThan(COUNT / 4);
}, 300_000);
