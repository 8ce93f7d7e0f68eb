import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { scaleDeadlines } from '../../common/deadlines.ts';
import { toTheEnd } from '../../common/ending.ts';
import { eventually } from '../../common/retry.ts';
import { inTime, OverrunError } from './in-time.ts';

// 0.18 s for a claim, 0.06 s for putting things back.
beforeEach(() => scaleDeadlines(0.0002));
afterEach(() => scaleDeadlines(1));

const never = () =>
  eventually(() => Promise.reject(new Error('not yet')), { waitingFor: 'what never comes', within: 'claimGroup' });

it('lets what is done in time pass, and fail', async () => {
  await inTime(() => Promise.resolve());
  await expect(inTime(() => Promise.reject(new Error('a fault')))).rejects.toThrow('a fault');
});

it('stops every wait of a claim whose time is over, before it says so', async () => {
  let looks = 0;
  const work = inTime(async () => {
    for (;;) {
      looks += 1;
      await eventually(() => Promise.resolve(), { waitingFor: 'nothing', within: 'converge', inARow: 2 });
    }
  });
  await expect(work).rejects.toThrow(/^no verdict within 0\.18 s$/);
  const soFar = looks;
  await delay(600);
  expect(looks).toBe(soFar);
});

it('has what was changed put back first, for which the waits go on', async () => {
  const done: string[] = [];
  const work = inTime(async () => {
    try {
      await never();
    } finally {
      await toTheEnd(async () => {
        await delay(30);
        done.push('put back');
      });
    }
  });
  await expect(work).rejects.toThrow('no verdict within');
  expect(done).toEqual(['put back']);
});

it('says of one that cannot be stopped that it goes on', async () => {
  const work = inTime(() => delay(1_000));
  await expect(work).rejects.toThrow(OverrunError);
  await expect(work).rejects.toThrow('no verdict within 0.18 s, and it could not be stopped');
});
