import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../common/paths.ts';
import { run } from '../../common/process.ts';
import { allClaims } from '../../plan/catalog.ts';
import { ENVIRONMENT } from './environment.ts';

it('every clause has its claim in the file of its group, and every claim its clause', async () => {
  const clauses = allClaims().map(({ id, group }) => `${id} in suites/${group}.test.ts`);
  expect(await claimsInFiles(allClaims().map(({ id }) => id))).toEqual(clauses.sort());
});

/** What vitest finds to run where these claims are selected: the files are loaded, and no lab is asked anything. */
async function claimsInFiles(ids: readonly string[]): Promise<string[]> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-clauses-'));
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const list = join(folder.path, 'list.json');
  await run([process.execPath, vitest, 'list', '--no-static-parse', '--project', 'conformance', `--json=${list}`], {
    cwd: ROOT,
    env: { [ENVIRONMENT.claims]: ids.join(',') },
  });
  const found = JSON.parse(readFileSync(list, 'utf8')) as { name: string; file: string }[];
  return found.map(({ name, file }) => `${name} in ${relative(ROOT, file)}`).sort();
}
