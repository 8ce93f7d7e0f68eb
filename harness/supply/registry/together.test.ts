import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { together } from './together.ts';

it('returns all results in their order', async () => {
  const signal = new AbortController().signal;
  const slow = () => delay(20, 'slow');
  expect(await together<[string, number]>(signal, [slow, () => Promise.resolve(2)])).toEqual(['slow', 2]);
});

it('throws the first failure, after all have ended', async () => {
  const ended: string[] = [];
  const work = together<[unknown, unknown]>(new AbortController().signal, [
    () => Promise.reject(new Error('first')),
    async (signal) => {
      await delay(60_000, undefined, { signal }).catch(() => delay(20));
      ended.push('other');
      throw new Error('second');
    },
  ]);
  await expect(work).rejects.toThrow('first');
  expect(ended).toEqual(['other']);
});

it('prefers the reason for which everything was stopped', async () => {
  const controller = new AbortController();
  const work = together<[unknown]>(controller.signal, [(signal) => delay(60_000, undefined, { signal })]);
  controller.abort(new Error('interrupted'));
  await expect(work).rejects.toThrow('interrupted');
});
