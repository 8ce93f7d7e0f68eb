import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RUN_MARKER } from '../../common/process.ts';
import { endProcesses, processesOf } from './orphans.ts';
import { startTime } from '../../bootstrap/lock.mjs';
import { fateOf, isAlive, type Place, thisProcess } from './owner.ts';
import { allRuns, forgetRun, isOrphan, recordRun, saveRun, workFolder } from './runs.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshtrust-state-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

describe('a run', () => {
  it('is no orphan while its process lives, and is forgotten with its files', () => {
    recordRun('live');
    expect(allRuns().map(isOrphan)).toEqual([false]);
    forgetRun('live');
    expect(allRuns()).toEqual([]);
  });

  it('is an orphan when its process is gone, its pid was given away, or nothing readable is left of it', () => {
    saveRun({ ...recordRun('gone'), owner: { ...thisProcess(), pid: 2 ** 22 + 1, started: '1' } });
    saveRun({ ...recordRun('reused'), owner: { ...thisProcess(), started: 'another' } });
    mkdirSync(workFolder('broken'));
    expect(allRuns().map(({ id }) => id)).toEqual(['broken', 'gone', 'reused']);
    expect(allRuns().every(isOrphan)).toBe(true);
  });

  it('that was kept is never an orphan', () => {
    saveRun({ ...recordRun('kept'), owner: { ...thisProcess(), pid: 2 ** 22 + 1, started: '1' }, kept: true });
    expect(allRuns().map(isOrphan)).toEqual([false]);
  });
});

describe('processes of a dead run', () => {
  it('are found by their marker and ended', async () => {
    const child = spawn('sleep', ['60'], { env: { ...process.env, [RUN_MARKER]: 'test-orphan' }, stdio: 'ignore' });
    const exited = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    await vi.waitFor(() => expect(processesOf(new Set(['test-orphan']))).toEqual([child.pid]));
    expect(processesOf(new Set(['another']))).toEqual([]);
    endProcesses([child.pid ?? 0]);
    expect(await exited).toBe('SIGKILL');
  });
});

describe('an owner', () => {
  it('is told by pid and start time', () => {
    expect(isAlive(thisProcess())).toBe(true);
    expect(isAlive({ ...thisProcess(), started: '0' })).toBe(false);
    expect(startTime(2 ** 22 + 1)).toBeUndefined();
  });

  it('of another machine or container may live, whatever its pid means here; of another boot it is dead', () => {
    const me = thisProcess();
    const elsewhere = (place: Partial<Place>) => fateOf({ ...me, place: { ...me.place, ...place } });
    expect(fateOf(me)).toBe('alive');
    expect(elsewhere({ host: 'build-7' })).toBe('unknown');
    expect(elsewhere({ pids: 'pid:[1]' })).toBe('unknown');
    expect(elsewhere({ boot: 'the last one' })).toBe('dead');
  });

  it('is not taken for dead where its run was recorded elsewhere', () => {
    const me = thisProcess();
    const owner = { ...me, pid: 2 ** 22 + 1, place: { ...me.place, host: 'build-7' } };
    saveRun({ ...recordRun('elsewhere'), owner });
    expect(allRuns().map(isOrphan)).toEqual([false]);
  });
});
