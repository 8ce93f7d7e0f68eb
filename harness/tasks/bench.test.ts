import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../common/paths.ts';

it('the benchmark does not act on a cluster of somebody’s', () => {
  using home = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-bench-'));
  writeFileSync(join(home.path, 'meshtrust.yaml'), 'cluster: kubeconfig\nkubeconfig: { context: production }\n');
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'harness', 'tasks', 'bench.ts')], {
    cwd: home.path,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: join(home.path, 'cache') },
  });
  expect(stderr).toMatch(/acts on whatever cluster kubectl would.*\n.*Leave `cluster: kubeconfig` out/);
  expect(status).toBe(2);
  expect(readdirSync(home.path)).toEqual(['meshtrust.yaml']);
});
