import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadline } from './deadlines.ts';
import { ROOT } from './paths.ts';
import { Progress } from './progress.ts';
import { buildReport } from '../verdict/report/build.ts';
import { PASSING } from '../verdict/report/testing/example.ts';
import { renderYaml } from '../verdict/report/yaml.ts';
import { print } from './terminal.ts';

/** Clears the screen, says what we would say, and gives GitHub Actions and Azure Pipelines orders. */
const HOSTILE = 'x\u001b[2J\u001b[31mall trusted\u202e\r\n  ::error::one\n::stop-commands::two\u2028##[error]##vso[x]';
const SHOWN = 'xall trusted\n  : :error::one\n: :stop-commands::two ## [error]## vso[x]';
/** What must not be printed; the colours of tests are off. */
// eslint-disable-next-line no-control-regex -- some of those
const ORDERS = /^\s*::|##\w*\[|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\p{Cf}]/mu;

afterEach(() => vi.unstubAllEnvs());

describe('print', () => {
  function printed(isTTY: boolean, ...pieces: Parameters<typeof print> extends [unknown, ...infer P] ? P : never) {
    const stream = Object.assign(new PassThrough(), { isTTY });
    print(stream, ...pieces);
    return String(stream.read());
  }

  it('writes a line in which others give no orders', () => {
    expect(printed(false, HOSTILE)).toBe(`${SHOWN}\n`);
    expect(printed(false, ['red', '✖'], ' ', HOSTILE)).toBe(`✖ ${SHOWN}\n`);
    expect(printed(false, ' ', '::error::one')).toBe(' : :error::one\n');
  });

  it('keeps our own colours, and no others', () => {
    vi.stubEnv('FORCE_COLOR', undefined);
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('NODE_DISABLE_COLORS', undefined);
    expect(printed(true, ['red', `\u001b[32m✖`], ' \u001b[32mok')).toBe('\u001b[31m✖\u001b[39m ok\n');
    expect(printed(false, ['red', '✖'], ' ok')).toBe('✖ ok\n');
  });
});

describe('progress', () => {
  it('has phases, details and notes give no orders, and keeps the names of phases as they are', async () => {
    vi.stubEnv('NO_COLOR', '1');
    vi.useFakeTimers();
    let said = '';
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
    const progress = new Progress();
    progress.note(HOSTILE);
    await progress.phase(`${HOSTILE}\n::error::name`, async (say) => {
      say(`${HOSTILE}\n::error::detail`);
      await vi.advanceTimersByTimeAsync(deadline('heartbeat'));
    });
    await expect(progress.phase('::error::fails', () => Promise.reject(new Error('so')))).rejects.toThrow('so');
    write.mockRestore();
    vi.useRealTimers();
    expect(said).not.toMatch(ORDERS);
    expect(said).toContain(`  ${SHOWN}\n`);
    expect(said).toContain(`▸ ${SHOWN}\n: :error::name\n`);
    expect(said).toContain(`: :error::name — ${SHOWN}\n: :error::detail (`);
    expect(said).toContain('✖ : :error::fails (');
    expect(progress.phases.map(({ name }) => name)).toEqual([`${HOSTILE}\n::error::name`, '::error::fails']);
  });
});

describe('the command line', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'meshtrust-terminal-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** What it prints, on both streams together. */
  async function meshtrust(...words: string[]): Promise<string> {
    const child = spawn(process.execPath, [join(ROOT, 'harness', 'cli', 'main.ts'), ...words], {
      cwd: home,
      env: {
        ...process.env,
        HOME: home,
        XDG_CACHE_HOME: join(home, 'cache'),
        DOCKER_HOST: `unix://${home}/no.sock`,
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    await new Promise((resolve) => child.on('close', resolve));
    return output;
  }

  /** A cluster that does not answer; whoever wrote the kubeconfig has chosen the name of its context. */
  function kubeconfig(): string {
    const file = join(home, 'kubeconfig');
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': HOSTILE,
      contexts: [{ name: HOSTILE, context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: {} }],
    };
    writeFileSync(file, JSON.stringify(content));
    return file;
  }

  it('gives no orders with the reason it fails for', async () => {
    const output = await meshtrust('merge', HOSTILE);
    expect(output).toMatch(
      /^meshtrust: xall trusted\n {2}: :error::one\n: :stop-commands::two ## \[error\]## vso\[x\] /,
    );
    expect(output).not.toMatch(ORDERS);
  });

  it('gives none with the name of a context that it audits', async () => {
    const output = await meshtrust('audit', '--kubeconfig', kubeconfig());
    expect(output).toContain(`  Context ${SHOWN} at https://127.0.0.1:1. Nothing is changed.\n`);
    expect(output).not.toMatch(ORDERS);
  });

  it('gives none with the name of a context that a run would use', async () => {
    const cluster = ['--cluster', 'kubeconfig', '--kubeconfig', kubeconfig(), '--context', HOSTILE];
    const output = await meshtrust('doctor', ...cluster, '--supply', 'source');
    expect(output).toContain(`· Context ${SHOWN} at https://127.0.0.1:1. Nothing is changed.\n`);
    expect(output).toMatch(/✖ The cluster does not answer/);
    expect(output).not.toMatch(ORDERS);
  });

  it.each(['text', 'json', 'markdown'])('gives none with what a report says, as %s', async (format) => {
    const report = buildReport(PASSING);
    const failed = report.claims.map((claim) => ({ ...claim, status: 'failed' as const, reason: HOSTILE }));
    for (const [name, claims] of Object.entries({ old: report.claims, now: failed })) {
      mkdirSync(join(home, name));
      // As somebody else may have written it: nothing in it is clean.
      writeFileSync(join(home, name, 'conformance.yaml'), renderYaml({ ...report, claims, notes: [HOSTILE] }));
    }
    const output = await meshtrust('diff', 'old', 'now', '-o', format);
    expect(output).toContain('all trusted');
    expect(output).not.toMatch(ORDERS);
  });
});
