import { randomUUID } from 'node:crypto';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { expect, it } from 'vitest';
import { loadDistribution } from '../mesh/distribution.ts';
import { ROOT } from '../paths.ts';
import { run } from '../process.ts';
import { allClaims } from './catalog.ts';
import { ENVIRONMENT } from './environment.ts';

it('every clause has its claim in the file of its group, and every claim its clause', async () => {
  const clauses = allClaims().map(({ id, group }) => `${id} in suites/${group}.test.ts`);
  expect(await claimsInFiles(allClaims().map(({ id }) => id))).toEqual(clauses.sort());
});

/** What vitest finds to run where these claims are selected: the files are loaded, and no lab is asked anything. */
async function claimsInFiles(ids: readonly string[]): Promise<string[]> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-clauses-'));
  const path = (name: string) => join(folder.path, name);
  const lab = {
    runId: 'none',
    access: { kubeconfig: path('kubeconfig.yaml'), context: 'nowhere' },
    distribution: loadDistribution('openshift-4.22'),
    probeToken: randomUUID(),
  };
  const nowhere = {
    name: 'nowhere',
    cluster: { server: 'https://127.0.0.1:1' },
    user: {},
    context: { cluster: 'nowhere', user: 'nowhere' },
  };
  const kubeconfig = { apiVersion: 'v1', kind: 'Config', clusters: [nowhere], users: [nowhere], contexts: [nowhere] };
  writeFileSync(path('kubeconfig.yaml'), stringify(kubeconfig, { aliasDuplicateObjects: false }));
  writeFileSync(path('lab.json'), JSON.stringify(lab));
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const list = path('list.json');
  await run([process.execPath, vitest, 'list', '--no-static-parse', '--project', 'conformance', `--json=${list}`], {
    cwd: ROOT,
    env: {
      [ENVIRONMENT.lab]: path('lab.json'),
      [ENVIRONMENT.out]: path('out'),
      [ENVIRONMENT.events]: path('events'),
      [ENVIRONMENT.claims]: ids.join(','),
    },
  });
  const found = JSON.parse(readFileSync(list, 'utf8')) as { name: string; file: string }[];
  return found.map(({ name, file }) => `${name} in ${relative(ROOT, file)}`).sort();
}
