import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loopbackMesh } from '../audit/testing/mesh.ts';
import { openLoopback } from '../audit/testing/open.ts';
import { ROOT } from '../common/paths.ts';
import type { TrustGraph } from '../verdict/trust/graph/model.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'meshtrust-audit-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The real command line in a process of its own, with a channel to it as the bootstrap has. */
function start(...words: string[]) {
  return spawn(process.execPath, [join(ROOT, 'harness', 'cli', 'main.ts'), 'audit', ...words], {
    cwd: home,
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: join(home, 'cache'), KUBECONFIG: '', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

async function audit(...words: string[]) {
  const child = start(...words);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => (output[name] += chunk.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...output };
}

describe('meshtrust audit', () => {
  it('on a split cluster names the broken edge, both roots and remedies, and ends with 1', async () => {
    await using loopback = await openLoopback(await loopbackMesh());
    const { code, stdout, stderr } = await audit('--kubeconfig', loopback.kubeconfig);
    expect(stderr).toMatch(/^ {2}Context loopback at https:\/\/127\.0\.0\.1:\d+\. Nothing is changed\.\n/);
    expect(stdout).toMatch(/✖ gateway mesh-gateway \(openshift-ingress\) → sidecars .*productpage.*: unknown issuer\n/);
    expect(stdout).toMatch(/clients: trust in "O=cluster.local, CN=openshift-ingress CA" [0-9a-f]{16}/);
    expect(stdout).toMatch(/servers: trust in "O=cluster.local, CN=istio-system CA" [0-9a-f]{16}/);
    expect(stdout).toMatch(/\n {6}→ Give .* intermediates under one root/);
    expect(stdout).toMatch(/\ntrust is broken: 1 of \d conversations\n$/);
    expect(code).toBe(1);
  });

  it('on a joined cluster ends with 0, and changes nothing', async () => {
    await using loopback = await openLoopback(await loopbackMesh({ joined: true }));
    const { code, stdout } = await audit('--kubeconfig', loopback.kubeconfig);
    expect(stdout).toMatch(/\nall trusted\n$/);
    expect(code).toBe(0);
    const changing = loopback.asked.filter(
      ({ verb, resource }) => !['get', 'list'].includes(verb) && resource !== 'selfsubjectaccessreviews',
    );
    expect(new Set(changing.map(({ resource }) => resource))).toEqual(new Set(['pods/portforward']));
  });

  it('writes the graph as JSON, YAML and HTML, whole or not at all', async () => {
    await using loopback = await openLoopback(await loopbackMesh({ sidecars: 2 }));
    const to = async (format: string) => {
      const words = ['--kubeconfig', loopback.kubeconfig, '-o', format, '--out', `graph.${format}`];
      const { code, stdout } = await audit(...words);
      expect([code, stdout]).toEqual([1, '']);
      return readFileSync(join(home, `graph.${format}`), 'utf8');
    };
    const [json, yaml, html] = await Promise.all([to('json'), to('yaml'), to('html')]);
    const verdicts = ({ conversations }: TrustGraph) => conversations.map(({ verdict }) => verdict);
    expect(verdicts(JSON.parse(json) as TrustGraph)).toContain('unknown-issuer');
    expect(verdicts(parse(yaml) as TrustGraph)).toEqual(verdicts(JSON.parse(json) as TrustGraph));
    expect(html).toMatch(/^<!doctype html>.*productpage.*<\/html>\s*$/is);
    expect(json + yaml + html).not.toContain('PRIVATE KEY');
    expect(readdirSync(home).sort()).toEqual(['graph.html', 'graph.json', 'graph.yaml']);
  });

  it('says that it could not see all, and ends with 6, with --strict with 1', async () => {
    const behaviour = { 'ratings-v1-5f7d9c-00002': 'rubbish' } as const;
    await using loopback = await openLoopback(await loopbackMesh({ joined: true, behaviour }));
    const { code, stdout } = await audit('--kubeconfig', loopback.kubeconfig, '--no-secrets');
    expect(stdout).toMatch(/ratings-v1-5f7d9c-00002 .*! its Envoy answers with something else than its secrets/);
    expect(stdout).toMatch(
      /\nBeside the edges\n {2}Secrets were not looked at, as asked\.\n\nWhat is trusted rests on CAs of which the first ends at .* UTC\.\n\nall trusted, as far as seen: not seen were .* 1 of 7 proxies and istiods\n$/,
    );
    expect(code).toBe(6);
    expect((await audit('--kubeconfig', loopback.kubeconfig, '--strict')).code).toBe(1);
  });

  it('ends with 0 without Secrets, which cost no edge, and with --strict with 1', async () => {
    await using loopback = await openLoopback(await loopbackMesh({ joined: true }));
    expect((await audit('--kubeconfig', loopback.kubeconfig, '--no-secrets')).code).toBe(0);
    expect((await audit('--kubeconfig', loopback.kubeconfig, '--no-secrets', '--strict')).code).toBe(1);
  });

  it('ends with 1 where CAs do not last as long as asked for', async () => {
    await using loopback = await openLoopback(await loopbackMesh({ joined: true }));
    expect((await audit('--kubeconfig', loopback.kubeconfig, '--within', '30d')).code).toBe(0);
    const { code, stdout } = await audit('--kubeconfig', loopback.kubeconfig, '--within', '600w');
    expect(stdout).toMatch(/\nEnds soon\n {2}✖ .* → .*: until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/);
    expect(stdout).toMatch(/\nall trusted, and \d of \d conversations end soon\n$/);
    expect(code).toBe(1);
    const wrong = await audit('--kubeconfig', loopback.kubeconfig, '--within', 'soon');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('such as 12h, 30d or 8w') as string]);
  });

  it('finds the one lab that is up where kubectl would find nothing, and asks which where there are two', async () => {
    await using loopback = await openLoopback(await loopbackMesh({ joined: true }));
    const runs = join(home, 'cache', 'meshtrust', 'runs');
    const keep = (id: string) => {
      mkdirSync(join(runs, id), { recursive: true });
      const owner = { pid: 1, started: 'long ago', boot: 'another', host: 'another' };
      writeFileSync(join(runs, id, 'run.json'), JSON.stringify({ id, owner, kept: true }));
      copyFileSync(loopback.kubeconfig, join(runs, id, 'kubeconfig.yaml'));
    };
    expect((await audit()).stderr).toContain('There is no kubeconfig.');
    keep('one');
    const { code, stderr } = await audit();
    expect(stderr).toContain('Context loopback at https://127.0.0.1:');
    expect(code).toBe(0);
    keep('two');
    expect(await audit()).toMatchObject({ code: 2, stderr: expect.stringContaining('2 labs are up.') as string });
  });

  it('judges only the edges between two ends where two are named', async () => {
    await using loopback = await openLoopback(await loopbackMesh());
    const between = (...names: string[]) => audit('--kubeconfig', loopback.kubeconfig, '--between', ...names);
    expect((await between('productpage', 'details')).code).toBe(0);
    expect((await between('openshift-ingress', 'bookinfo')).code).toBe(1);
    expect(await between('bookinfo')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('takes two names') as string,
    });
    expect(await between('bookinfo', 'nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Name two of: ') as string,
    });
  });

  it('ends with 7 where the next restart breaks what is trusted now', async () => {
    const cluster = await loopbackMesh({ joined: true });
    const [secret] = cluster.objects.secrets as { data: Record<string, string> }[];
    delete secret?.data['ca-key.pem'];
    await using loopback = await openLoopback(cluster);
    const { code, stdout } = await audit('--kubeconfig', loopback.kubeconfig);
    expect(stdout).toMatch(
      /\nAt the next restart\n {2}! The Secret istio-system\/cacerts is not whole, istio-system\/istiod would not start with it: ca-key\.pem is missing\.\n\nWhat is trusted rests on CAs .*\n\nall trusted, until the next restart\n$/,
    );
    expect(code).toBe(7);
  });

  it('ends with 3 where nothing could be judged', async () => {
    await using loopback = await openLoopback(await loopbackMesh({ joined: true }));
    const { code, stdout } = await audit('--kubeconfig', loopback.kubeconfig, '--namespace', 'elsewhere');
    expect(stdout).toMatch(/\nnothing to judge: no proxy was found\n$/);
    expect(code).toBe(3);
  });

  it('ends with 3 where nothing may be asked', async () => {
    await using loopback = await openLoopback({ ...(await loopbackMesh({ sidecars: 0 })), rules: [] });
    const { code, stderr } = await audit('--kubeconfig', loopback.kubeconfig);
    expect(stderr).toMatch(/lets you ask nothing \(403: .*\nCheck the credentials of the context/);
    expect(code).toBe(3);
  });

  it('ends with 3 where nobody answers', async () => {
    const kubeconfig = join(home, 'kubeconfig');
    {
      await using loopback = await openLoopback(await loopbackMesh({ sidecars: 0 }));
      copyFileSync(loopback.kubeconfig, kubeconfig);
    }
    const { code, stderr } = await audit('--kubeconfig', kubeconfig);
    expect(stderr).toMatch(/at https:.* does not answer \(.*ECONNREFUSED.*\nCheck that it runs/);
    expect(code).toBe(3);
  });

  it('ends with 130 when interrupted, at once', async () => {
    const behaviour = { 'details-v1-5f7d9c-00001': 'hangs' } as const;
    await using loopback = await openLoopback(await loopbackMesh({ behaviour }));
    const child = start('--kubeconfig', loopback.kubeconfig);
    let asked = 0;
    child.stderr?.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('▸ Look at 5 proxies')) return;
      asked = Date.now();
      child.kill('SIGINT');
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
    expect(Date.now() - asked).toBeLessThan(4_000);
  });

  it.each([
    ['groups without a user', ['--as-group', 'viewers'], /--as-group needs --as/],
    ['no kubeconfig', [], /There is no kubeconfig/],
    ['an unknown format', ['-o', 'xml'], /Allowed choices are table, json, yaml, html/],
    ['no concurrency', ['--concurrency', '0'], /It must be a whole number, 1 or more/],
  ])('ends with 2 for %s', async (_, words, message) => {
    const { code, stderr } = await audit(...words);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(existsSync(join(home, '.cache'))).toBe(false);
  });
});
