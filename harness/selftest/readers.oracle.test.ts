import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defined } from '../common/defined.ts';
import { type Certificate, readChain, readRoots } from '../observations/certificate.ts';
import { parseRevocationLists } from '../observations/revocation-list.ts';
import { verdictSentence, verifyChain } from '../verdict/trust/chain.ts';
import { ENVOYS } from '../verdict/trust/readers/envoy.ts';
import { GO } from '../verdict/trust/readers/go.ts';
import type { Purpose, Reader } from '../verdict/trust/readers/reader.ts';
import { CHAINS, KEYS } from '../verdict/trust/testing/chains.ts';
import type { EnvoyQuestion } from './testing/envoy-reader.ts';
import type { Answer } from './testing/go-reader.ts';
import { type RealReaders, startReaders } from './testing/readers.ts';
import { build, SERVER_NAME, WORLD } from './testing/worlds.ts';

// The rule books against the programs whose rules they are. `npm run oracles` asks about more worlds.

const COUNT = Number(process.env['MESHTRUST_WORLDS'] ?? 150);
const SEED = Number(process.env['MESHTRUST_SEED'] ?? 20_261_127);
const AT_ONCE = 100;

let real: RealReaders;
beforeAll(async () => {
  real = await startReaders();
}, 300_000);
afterAll(() => real[Symbol.asyncDispose]());

/** Something asked, by all who are concerned. */
interface Asked extends EnvoyQuestion {
  name: string;
  serverName?: string;
}

/** A real program and the rule book that is to say the same. */
interface Opinion {
  who: string;
  answer: Answer;
  reader: Reader;
  purpose: Purpose;
}

async function opinionsOf(asked: readonly Asked[]): Promise<Opinion[][]> {
  const opinions: Opinion[][] = asked.map(() => []);
  for (const [line, envoy] of real.envoys) {
    const reader = ENVOYS[line];
    for (const [index, { asClient, asServer }] of (await envoy.ask(asked)).entries()) {
      opinions[index]?.push(
        { who: `Envoy ${line} as a client`, answer: asClient, reader, purpose: 'serverAuth' },
        { who: `Envoy ${line} as a server`, answer: asServer, reader, purpose: 'clientAuth' },
      );
    }
  }
  for (const [index, question] of asked.entries()) {
    const answer = await real.go.ask(question, question.serverName ?? '');
    opinions[index]?.push({ who: 'Go as a client', answer, reader: GO, purpose: 'serverAuth' });
  }
  return opinions;
}

/** Where program and rule book say different things, a paragraph each. */
async function disagreements(asked: readonly Asked[], change: (opinion: Opinion) => Opinion = (same) => same) {
  const found: string[] = [];
  let accepted = 0;
  for (let from = 0; from < asked.length; from += AT_ONCE) {
    const batch = asked.slice(from, from + AT_ONCE);
    for (const [index, opinions] of (await opinionsOf(batch)).entries()) {
      for (const { who, answer, reader, purpose } of opinions.map(change)) {
        const ours = ourVerdict(batch[index]!, reader, purpose);
        if (answer.accepted) accepted += 1;
        if ((ours === 'trusted') === answer.accepted) continue;
        const says = answer.accepted ? 'accepts it' : `refuses it (${answer.says})`;
        found.push(`${batch[index]!.name}\n  ${who} ${says}; ours: ${ours}`);
      }
    }
  }
  return { found, accepted };
}

/** `trusted`, or why not; texts as this reader reads them. */
function ourVerdict({ chain, roots, crl, serverName }: Asked, reader: Reader, purpose: Purpose): string {
  const [presented, trusted] = [readChain(chain, reader.name), readRoots(roots, reader.name)];
  const [leaf] = presented.certificates;
  if (leaf === undefined) return 'there is no certificate in the text';
  if (reader === GO && serverName !== undefined && !leaf.dnsNames.includes(serverName)) return 'it has another name';
  // Envoy does not take a configuration with a text that it cannot read, nor with one that holds nothing.
  if (reader.name === 'Envoy' && trusted.certificates.length === 0) return 'there is no root in the text';
  const lists = reader.name === 'Envoy' && crl !== undefined ? parseRevocationLists(crl) : undefined;
  const verdict = verifyChain(presented.certificates, trusted.certificates, { reader, purpose, ...defined({ lists }) });
  return verdict.trusted ? 'trusted' : verdictSentence(verdict);
}

const worlds = (count: number, seed: number): Asked[] =>
  fc
    .sample(WORLD, { numRuns: count, seed })
    .map((plan) => ({ name: JSON.stringify(plan), serverName: SERVER_NAME, ...build(plan) }));

describe('the rule books say what the programs do', { timeout: 3_600_000 }, () => {
  it(`of ${COUNT} worlds, seed ${SEED}`, async () => {
    const { found, accepted } = await disagreements(worlds(COUNT, SEED));
    expect(found.join('\n\n')).toBe('');
    // Worlds in which everything is refused, or nothing, would say little.
    expect(accepted).toBeGreaterThan(COUNT);
    expect(accepted).toBeLessThan(4 * COUNT);
  });

  it('of all chains whose verdicts are written down', async () => {
    const { found } = await disagreements(await writtenDown());
    expect(found.join('\n\n')).toBe('');
  });

  it('and would be seen to differ', async () => {
    const swapped = (one: Opinion): Opinion => ({ ...one, reader: one.reader === GO ? ENVOYS['1.37'] : GO });
    expect((await disagreements(worlds(AT_ONCE, SEED), swapped)).found.length).toBeGreaterThan(10);
    const otherStore = (one: Opinion): Opinion =>
      one.reader === ENVOYS['1.37'] ? { ...one, reader: ENVOYS['1.38'] } : one;
    const twins = (await writtenDown()).filter(({ name }) => name.includes('renewal of it'));
    expect((await disagreements(twins, otherStore)).found.join()).toContain('Envoy 1.37 as a client refuses it');
  });
});

/** The chains of the unit tests; the programs know no time but now. */
async function writtenDown(): Promise<Asked[]> {
  const pem = (certificates: readonly Certificate[]) => certificates.map((one) => one.pem).join('');
  const asked: Asked[] = [];
  for (const [name, [, make]] of Object.entries(CHAINS)) {
    const { presented, roots, at } = await make();
    const key = KEYS.get(presented[0]?.keyFingerprint ?? '');
    if (key === undefined) throw new Error(`the key of «${name}» is not known`);
    if (at === undefined) asked.push({ name, chain: pem(presented), roots: pem(roots), key });
  }
  return asked;
}
