import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sideBySide } from './side-by-side.ts';

it('works on so many at a time and no more, and keeps the order', async () => {
  let now = 0;
  let most = 0;
  const items = Array.from({ length: 20 }, (_, index) => index);
  const results = await sideBySide(items, 3, async (item) => {
    most = Math.max(most, ++now);
    for (let turns = item % 4; turns >= 0; turns--) await turn();
    now -= 1;
    return item * 2;
  });
  expect(results).toEqual(items.map((item) => item * 2));
  expect(most).toBe(3);
});

it('does nothing with nothing, and fails with the first failure', async () => {
  expect(await sideBySide([], 3, async () => 1)).toEqual([]);
  await expect(sideBySide([1, 2], 2, async (item) => Promise.reject(new Error(String(item))))).rejects.toThrow('1');
});
