import { describe, expect, it } from 'vitest';
import { loadProfile } from '../plan/catalog.ts';
import { redact } from '../common/redact/redact.ts';
import { JUDGES } from '../verdict/judges/judges.ts';
import { FORGERIES, tryForgery } from './forgeries.ts';
import { claimsOf, loadRecording } from './recorded/recording.ts';
import { LIVE } from './sabotages.ts';
import { differences } from './trial.ts';

const recording = loadRecording();
const catalogue = loadProfile('trust').flatMap(({ claims }) => claims.map(({ id }) => id));

describe('the recording', () => {
  it('holds something for every judge, and no key', () => {
    const judges = new Set<unknown>(claimsOf(recording).map((id) => JUDGES[id]));
    expect(judges).toEqual(new Set(Object.values(JUDGES)));
    const text = JSON.stringify(recording);
    expect(redact(text)).toBe(text);
  });
});

describe('forged, it turns red', () => {
  it.each(FORGERIES)('$name', async (forgery) => {
    const trial = await tryForgery(forgery, recording);
    expect({ ...differences(trial), said: [...trial.got] }).toMatchObject({ unnoticed: [], falseAlarms: [] });
  });
});

describe('sabotages', () => {
  it('have names of their own', () => {
    const names = [...FORGERIES, ...LIVE].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('name claims that the profile knows', () => {
    for (const { name, red } of [...FORGERIES, ...LIVE]) {
      for (const id of red) expect(catalogue, name).toContain(id);
    }
  });

  it('leave no judge untried', () => {
    const tried = new Set<string>(FORGERIES.flatMap(({ red }) => red));
    expect(claimsOf(recording).filter((id) => !tried.has(id))).toEqual([]);
  });

  it('leave no claim of the remedy untried in a lab', () => {
    const tried = new Set<string>(LIVE.flatMap(({ red }) => red));
    expect(catalogue.filter((id) => id.startsWith('trust.manual.') && !tried.has(id))).toEqual([]);
  });
});
