import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ENVOYS } from '../../verdict/trust/readers/envoy.ts';
import { fetchEnvoy, ORACLES } from '../../supply/source/envoy.ts';
import { buildGoPart, type GoPart } from '../../supply/source/go.ts';
import { EnvoyReader } from './envoy-reader.ts';
import { GoReader } from './go-reader.ts';

const PROGRAM: GoPart = { name: 'crypto-x509', packages: ['./reader'] };

/** The real programs, by the release lines that the rule books tell apart. */
export interface RealReaders extends AsyncDisposable {
  readonly go: GoReader;
  readonly envoys: ReadonlyMap<keyof typeof ENVOYS, EnvoyReader>;
}

/** Starts them all, built or fetched where they are not there yet. */
export async function startReaders(): Promise<RealReaders> {
  const { signal } = new AbortController();
  await using stack = new AsyncDisposableStack();
  const program = join(await buildGoPart(PROGRAM, () => undefined, signal), 'reader');
  const go = stack.use(new GoReader(program));
  const envoys = new Map<keyof typeof ENVOYS, EnvoyReader>();
  for (const line of ['1.37', '1.38'] as const) {
    // Not below the cache: the path of a socket may have no more than 107 characters.
    envoys.set(line, stack.use(await EnvoyReader.start(await fetchEnvoy(ORACLES[line], signal), tmpdir())));
  }
  const all = stack.move();
  return { go, envoys, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
