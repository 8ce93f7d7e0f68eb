import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createIntermediate, createRoot } from '../issue.ts';
import { trustGraph } from './graph.ts';
import type { ObservedAuthority } from './observation.ts';
import { observe, talk, type TestPlane, testPlane, testProxy, testSecret } from './testing/planes.ts';

// Remedies go by the Secrets that are there: what they hold, in which form, and who keeps them.

let shared: Authority;
let one: TestPlane;
let other: TestPlane;
beforeAll(async () => {
  shared = await createRoot({ commonName: 'Shared Root' });
  one = await testPlane('one', await createRoot({ commonName: 'One' }));
  other = await testPlane('other', await createRoot({ commonName: 'Other' }));
});

async function remedies(planes: [TestPlane, TestPlane], authorities: ObservedAuthority[]): Promise<string[]> {
  const proxies = await Promise.all(planes.map((plane, index) => testProxy(plane, `app${index}`)));
  return talk(trustGraph({ ...observe(planes, proxies), authorities }), 'app0', 'app1').remedies;
}

it('a Secret that is there and has not been read yet takes a restart, and no other Secret', async () => {
  const [first, second] = [
    await createIntermediate(shared, { commonName: 'First' }),
    await createIntermediate(shared, { commonName: 'Second' }),
  ];
  expect(await remedies([one, other], [testSecret(one, first), testSecret(other, second)])).toEqual([
    'Restart one/istiod and other/istiod for what is in the Secret cacerts there to take effect, which gives both sides one ' +
      'root; then restart the workloads.',
  ]);
});

describe('planes that trust their own intermediates, as Secrets do whose ca.crt is the issuing CA', () => {
  it('need the root above both', async () => {
    const planes: [TestPlane, TestPlane] = [await below('one', 'First'), await below('other', 'Second')];
    const keeper = "cert-manager's Certificate istio-ca";
    const secrets = planes.map((plane) =>
      testSecret(plane, plane.ca, { form: 'tls', keeper, roots: [plane.ca.certificate] }),
    );
    const [first] = await remedies(planes, secrets);
    expect(first).toMatch(
      /^Both sides' CAs are issued by "CN=Shared Root", which neither side trusts: put that certificate in the place of theirs into ca\.crt in the Secret cacerts in one, which cert-manager's Certificate istio-ca keeps/,
    );
    expect(first).toContain('istiod reads no root-cert.pem beside it');
  });

  const below = async (namespace: string, commonName: string) => {
    const ca = await createIntermediate(shared, { commonName });
    return await testPlane(namespace, { ...ca, chain: [ca.certificate] }, { roots: [ca.certificate] });
  };
});

it('a root to be trusted besides goes where the form of the Secret has it', async () => {
  const trusting = { ...one, bundle: { ...one.bundle, certificates: [...one.bundle.certificates] } };
  const lenient = await testPlane('other', other.ca, {
    roots: [...other.bundle.certificates, ...one.bundle.certificates],
  });
  const told = await remedies(
    [trusting, lenient],
    [testSecret(one, one.ca, { form: 'tls', roots: one.bundle.certificates.slice() })],
  );
  expect(told[0]).toMatch(
    /^Add "Other" \(\w{16}\) to ca\.crt in the Secret cacerts in one \(istiod reads no root-cert\.pem/,
  );
});

describe('a CA of its own making that istiod keeps in cacerts', () => {
  it('is no CA that is plugged in: it has to go first, and a restart changes nothing', async () => {
    const secret = testSecret(one, one.ca, { isSelfMade: true, chain: [one.ca.certificate] });
    const [together, first] = await remedies([one, other], [secret]);
    expect(together).toMatch(/^Give one\/istiod and other\/istiod intermediates under one root/);
    expect(first).toBe(
      'Remove the Secret cacerts in one first, in which istiod keeps a CA of its own making (type istio.io/ca-root): ' +
        'another type of Secret cannot be written over it.',
    );
  });

  it.each([
    [true, undefined],
    [false, [expect.stringMatching(/^The Secret one\/cacerts .*, one\/istiod would not start with it/)]],
  ])(
    'is read for one where istiod keeps it there (%s), and for one that is plugged in where not',
    (keeps, atRestart) => {
      const secret = testSecret(one, one.ca, { isSelfMade: true, problem: 'cert-chain.pem is missing' });
      const observed = { ...one.observed, keepsOwnCacerts: keeps };
      const graph = trustGraph({ ...observe([{ ...one, observed }], []), authorities: [secret] });
      expect(graph.atRestart).toEqual(atRestart);
      expect(graph.nodes.find(({ kind }) => kind === 'secret')?.detail).toBe("cacerts, of istiod's own making");
    },
  );
});

it('a Secret that istiod does not read brings nothing at its restart', async () => {
  const foreign = await createRoot({ commonName: 'Left over' });
  const authorities = [testSecret(one, foreign, { chain: [foreign.certificate] })];
  const restart = (issues: boolean) =>
    trustGraph({ ...observe([{ ...one, observed: { ...one.observed, issues } }], []), authorities }).atRestart;
  expect(restart(true)).toEqual([expect.stringContaining('it takes effect at the next restart')]);
  expect(restart(false)).toBeUndefined();
});

describe('certificates of another CA than istiod’s', () => {
  const external = (name: string) => ({ externalCa: `${name}.example` });
  const between = async (first: object, second: object) => {
    const proxies = [await testProxy(one, 'app0', first), await testProxy(other, 'app1', second)];
    return talk(trustGraph(observe([one, other], proxies)), 'app0', 'app1').remedies;
  };

  it('on one side: the other plane is what can be changed', async () => {
    expect((await between({}, external('csr')))[0]).toMatch(
      /^Give one\/istiod an intermediate under "Other" \(\w{16}\) by the Secret cacerts in one; .* For sidecar app1 a Secret cacerts changes nothing: their certificates are from csr\.example\.$/,
    );
  });

  it('on both sides: no Secret cacerts at all', async () => {
    const [first] = await between(external('csr'), external('vault'));
    expect(first).toMatch(/^Have the CAs at csr\.example and vault\.example issue under one root: /);
  });
});
