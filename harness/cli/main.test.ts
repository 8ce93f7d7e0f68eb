import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ecKey } from '../common/redact/testing/canary.ts';
import { ROOT } from '../common/paths.ts';
import type { ConformanceReport } from '../verdict/report/model.ts';
import { validateReport } from '../verdict/report/schema.ts';
import { thisProcess } from '../cluster/state/owner.ts';

let home: string;
let extra: Record<string, string>;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-main-'));
  extra = {};
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The real command line in a process of its own, with an engine that is out of reach. */
async function meshtrust(...words: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'harness', 'cli', 'main.ts'), ...words], {
    cwd: home,
    env: {
      ...process.env,
      ...extra,
      XDG_CACHE_HOME: join(home, 'cache'),
      DOCKER_HOST: `unix://${home}/no.sock`,
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

it('run --dry-run says what would be done, and touches nothing', async () => {
  const { code, output } = await meshtrust('run', '--dry-run', '--supply', 'source', '--only', 'trust.manual.*');
  expect(output).toMatch(/^cluster +a new one of k3d, 1 node, removed at the end$/m);
  expect(output).toMatch(/^parts +to be built first: Kubernetes, .*Envoy .*; the base root \(Debian\); .*$/m);
  expect(output).toMatch(/^claims +9 of profile trust$/m);
  expect(output).toContain('  trust.manual.chain\n');
  expect(output).toMatch(/\nNothing was touched\.\n$/);
  expect(code).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});

describe('wrong use ends with exit code 2, one clear sentence and nothing left behind', () => {
  it.each([
    ['an unknown flag', ['run', '--nope'], /unknown option '--nope'/],
    ['an unknown command', ['rum'], /unknown command 'rum'.*run/s],
    ['an unknown profile', ['run', '--profile', 'x'], /Unknown profile 'x'\.\nKnown are: trust, upgrade\./],
    [
      'an unknown distribution',
      ['run', '--distribution', 'x'],
      /Unknown distribution 'x'\.\nKnown are: openshift-4\.19/,
    ],
    [
      'a glob without a claim',
      ['run', '--only', 'x.*'],
      /No claim of profile trust .* matches 'x\.\*'\.\nThe claims are:/,
    ],
    ['a supply that is none', ['run', '--supply', 'x'], /Allowed choices are auto, registry, source/],
    ['shard 0', ['run', '--shard', '0/3'], /It must be i\/n, part i of n .*for example 2\/3/],
    ['a shard beyond the last', ['run', '--shard', '4/3'], /It must be i\/n/],
    ['a shard that is none', ['run', '--shard', 'x'], /It must be i\/n/],
    ['nothing to merge', ['merge'], /missing required argument 'report'/],
    ['a report that is not there', ['merge', 'nope'], /nope cannot be read: ENOENT.*\nName a conformance\.yaml/],
    ['agents that are no number', ['up', '--agents', 'two'], /It must be a whole number, 0 to 10/],
    ['a port that is none', ['up', '--gateway-port', '99999'], /It must be a port, 1 to 65535/],
    ['a configuration to print that is missing', ['config', 'print', '--config', 'no.yaml'], /no\.yaml cannot be read/],
    ['a bundle that is none', ['run', '--bundle', 'nope'], /nope is not a bundle of parts: ENOENT.*\nName the folder/],
    ['a Job of no number of shards', ['job'], /required option '--shards <n>' not specified/],
    ['a Job without a registry', ['job', '--shards', '2'], /there is no registry for it\.\nName one that this machine/],
    ['a Job in no namespace', ['job', '--shards', '2', '--namespace', 'A_b'], /--namespace A_b is no name/],
    ['a flag by its former name', ['job', '--shards', '2', '--claim', 'x'], /It is --volume-claim now\./],
    ['more shards than can be', ['job', '--shards', '1000'], /A run has no 1000 shards\.\nChoose 1 to 999/],
    ['a missing configuration', ['run', '--config', 'no.yaml'], /no\.yaml cannot be read: ENOENT/],
    [
      'a folder that cannot be',
      ['run', '--out', '/dev/null/x'],
      /The folder \/dev\/null\/x cannot be written: .*\nChoose another/,
    ],
    ['a lab that is not there', ['down', 'nope'], /There is no lab nope\.\nThere are: none\./],
    [
      'an unknown sabotage',
      ['run', '--sabotage', 'x'],
      /Unknown sabotage 'x'\.\nKnown are: nothing, gateway-under-another-root/,
    ],
  ])('%s', async (_, words, message) => {
    const { code, output } = await meshtrust(...words);
    expect(output).toMatch(message);
    expect(code).toBe(2);
    expect(
      existsSync(join(home, 'cache', 'meshtrust', 'runs')) && readdirSync(join(home, 'cache', 'meshtrust', 'runs')),
    ).toBeFalsy();
  });

  it('an invalid configuration, with its line', async () => {
    writeFileSync(join(home, 'meshtrust.yaml'), 'keep: false\nsuply: auto\n');
    const { code, output } = await meshtrust('run');
    expect(output).toContain("meshtrust.yaml:2: unknown key 'suply' in the file; known are: profile, distribution,");
    expect(code).toBe(2);
  });
});

describe('files of the user', () => {
  it('survive a run whose --out is the folder they are in, which says so and touches nothing', async () => {
    const theirs = {
      '.ssh/id_ed25519': ecKey('sec1'),
      'src/settings.yaml': 'token: sha256~abcdefghijklm\n',
      'evidence/mine.txt': 'mine',
    };
    for (const [path, text] of Object.entries(theirs)) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    }
    symlinkSync('/nowhere', join(home, 'dangling'));
    const { code, output } = await meshtrust('run', '--supply', 'source', '--out', '.');
    expect(output).toMatch(
      /holds something that no run has written.*\nChoose with --out a folder .*Nothing was touched\./,
    );
    expect(code).toBe(2);
    for (const [path, text] of Object.entries(theirs)) expect(readFileSync(join(home, path), 'utf8')).toBe(text);
    expect(readdirSync(home).sort()).toEqual(['.ssh', 'dangling', 'evidence', 'src']);
  });
});

describe('down', () => {
  /** A dead run on record, with a lab in a cluster that nobody answers for. */
  function record(id: string): void {
    const folder = join(home, 'cache', 'meshtrust', 'runs', id);
    mkdirSync(folder, { recursive: true });
    const owner = { ...thisProcess(), pid: 2 ** 22 + 1, started: '1' };
    writeFileSync(join(folder, 'run.json'), JSON.stringify({ id, owner, kept: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    const cluster = { server: 'https://127.0.0.1:65530' };
    const named = { contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }], users: [{ name: 'x', user: {} }] };
    writeFileSync(kubeconfig, JSON.stringify({ ...named, clusters: [{ name: 'x', cluster }], 'current-context': 'x' }));
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify({ kubeconfig, context: 'x', guestOf: 'uid' }));
  }
  const left = () => readdirSync(join(home, 'cache', 'meshtrust', 'runs')).sort();

  it('goes on where one cluster cannot be reached, keeps what it could not remove, and forgets it when told to', async () => {
    record('a');
    record('b');
    const { code, output } = await meshtrust('down');
    expect(output).toMatch(
      /2 labs could not be removed: a, b\.\n.*down ID --forget.*\n.*a: .*ECONNREFUSED.*\n.*b: .*ECONNREFUSED/,
    );
    expect(code).toBe(3);
    expect(left()).toEqual(['a', 'b']);
    expect((await meshtrust('down', 'a', '--forget')).output).toContain(
      'The lab a is forgotten here; what it has made was not touched.',
    );
    expect(left()).toEqual(['b']);
    expect((await meshtrust('down', 'b')).output).toMatch(/If that cluster is gone for good: .*down b --forget/);
  });

  it('wants to be told which cluster is meant, and which lab is to be forgotten', async () => {
    expect(await meshtrust('down', '--context', 'x')).toMatchObject({ code: 2 });
    record('a');
    const { code, output } = await meshtrust('down', '--forget');
    expect(output).toContain('--forget needs the id of a lab');
    expect(code).toBe(2);
    expect(left()).toEqual(['a']);
  });
});

describe('help', () => {
  it('names commands and exit codes and ends with 0', async () => {
    const { code, output } = await meshtrust('--help');
    expect(output).toMatch(
      /run \[options\].*up \[options\].*down .*doctor .*Exit codes: 0 conformant · 1 a claim failed/s,
    );
    expect(code).toBe(0);
  });
});

describe('a shard without a claim', () => {
  it('needs no lab, says so and ends with 0', async () => {
    const shard = ['--only', 'trust.split.*', '--shard', '2/2'];
    const { code, output } = await meshtrust('run', ...shard, '--out', 'out');
    expect(output).toMatch(/note: nothing to judge: .*\n\nincomplete: no claims \(.*, shard 2\/2\)\n/);
    expect(code).toBe(0);
    const report = parse(readFileSync(join(home, 'out', 'conformance.yaml'), 'utf8')) as ConformanceReport;
    expect(validateReport(report)).toEqual([]);
    expect(report).toMatchObject({ run: { shard: '2/2' }, claims: [], phases: [] });
    expect(existsSync(join(home, 'cache', 'meshtrust', 'runs'))).toBe(false);
  });
});

describe('a run that dies in set-up', () => {
  it('in a shard reports the claims of that shard only', async () => {
    const { code } = await meshtrust('run', '--supply', 'source', '--shard', '1/4', '--out', 'out');
    expect(code).toBe(3);
    const report = parse(readFileSync(join(home, 'out', 'conformance.yaml'), 'utf8')) as ConformanceReport;
    expect(report.run.shard).toBe('1/4');
    expect(new Set(report.claims.map(({ group }) => group))).toEqual(new Set(['trust/bad-authority']));
  });

  it('ends with exit code 3, the next step, and still writes a report', async () => {
    const { code, output } = await meshtrust('run', '--supply', 'source', '--out', 'out');
    expect(output).toContain('No container engine answers at DOCKER_HOST=');
    expect(output).toContain('Start it, or unset DOCKER_HOST to use the engine of this machine.');
    expect(code).toBe(3);
    const report = parse(readFileSync(join(home, 'out', 'conformance.yaml'), 'utf8')) as Record<string, unknown>;
    expect(validateReport(report)).toEqual([]);
    expect(report).toMatchObject({ result: 'incomplete', failure: { kind: 'environment' }, summary: { passed: 0 } });
    expect(readFileSync(join(home, 'out', 'junit.xml'), 'utf8')).toContain('No container engine answers');
    expect(readdirSync(join(home, 'cache', 'meshtrust', 'runs'))).toEqual([]);
  });

  it('also when an error that nobody awaits would have crashed it', async () => {
    const crash = join(home, 'crash.mjs');
    writeFileSync(
      crash,
      `const timer = setInterval(() => {
        if (process.env.MESHTRUST_RUN === undefined) return;
        clearInterval(timer);
        throw new Error('planted crash');
      }, 0);
      timer.unref();`,
    );
    extra['NODE_OPTIONS'] = `--import ${crash}`;
    const { code } = await meshtrust('run', '--supply', 'source', '--out', 'out');
    expect(code).toBe(5);
    const report = parse(readFileSync(join(home, 'out', 'conformance.yaml'), 'utf8')) as ConformanceReport;
    expect(validateReport(report)).toEqual([]);
    expect(report.failure).toMatchObject({ kind: 'bug', message: expect.stringContaining('planted crash') as string });
    expect(readdirSync(join(home, 'cache', 'meshtrust', 'runs'))).toEqual([]);
  });
});
