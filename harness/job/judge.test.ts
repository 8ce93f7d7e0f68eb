import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fixture } from '../common/paths.ts';
import { eventually } from '../common/retry.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-judge-'));
  mkdirSync(join(home, 'bin'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What an index does, with a script in the place of `node`; `$out` in it is the folder for its report. */
function judge(script: string, env: Record<string, string> = {}) {
  writeFileSync(join(home, 'bin', 'node'), `#!/bin/sh\nfor word; do out=$word; done\n${script}`, { mode: 0o755 });
  const child = spawn('/bin/sh', [fixture('job', 'judge.sh')], {
    env: {
      PATH: `${home}/bin:${process.env['PATH'] ?? ''}`,
      HOME: home,
      SHARDS: '3',
      JOB_COMPLETION_INDEX: '1',
      ...env,
    },
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended: async () => ({ code: await ended, stdout }) };
}

const WRITE_REPORT = 'mkdir -p "$out"; echo "result: conformant" > "$out/conformance.yaml"';

it('judges its shard, and prints the report last', async () => {
  const { ended } = judge(`echo "$@"; ${WRITE_REPORT}`);
  expect(await ended()).toEqual({
    code: 0,
    stdout: `/opt/meshtrust/harness/cli/main.ts run --config /etc/meshtrust/settings/meshtrust.yaml --shard 2/3 --out ${home}/1
=== conformance.yaml ===
result: conformant
`,
  });
});

it('leaves the report on a volume, and prints none', async () => {
  const results = join(home, 'results');
  const { ended } = judge(`${WRITE_REPORT}; exit 1`, { RESULTS: results });
  expect(await ended()).toEqual({ code: 1, stdout: '' });
  expect(existsSync(join(results, '1', 'conformance.yaml'))).toBe(true);
});

it('ends as a run does that has no report', async () => {
  expect(await judge('exit 2').ended()).toEqual({ code: 2, stdout: '' });
});

it('tells the run of its end, and waits until it has cleaned up', async () => {
  const script = `trap 'sleep 0.3; echo cleaned up; exit 130' TERM; touch "${home}/up"; while [ -f "${home}/up" ]; do sleep 0.1; done`;
  const { child, ended } = judge(script);
  await eventually(async () => expect(existsSync(join(home, 'up'))).toBe(true), {
    waitingFor: 'the run to have begun',
    within: 'request',
  });
  child.kill('SIGTERM');
  expect(await ended()).toEqual({ code: 130, stdout: 'cleaned up\n' });
});
