import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../common/paths.ts';
import { FORGERIES } from './forgeries.ts';
import { allClaims } from '../plan/catalog.ts';
import { LIVE } from './sabotages.ts';
import { describeAll } from './table.ts';

it.each([
  ['in recorded evidence', FORGERIES],
  ['in a lab', LIVE],
])('docs/sabotages.md has every sabotage %s', (_, sabotages) => {
  expect(readFileSync(join(ROOT, 'docs', 'sabotages.md'), 'utf8')).toContain(describeAll(sabotages));
});

it('what a sabotage in a lab turns red are claims of its group', () => {
  const groups = new Map(allClaims().map(({ id, group }) => [id, group]));
  expect(LIVE.flatMap(({ group, red }) => red.filter((id) => groups.get(id) !== group))).toEqual([]);
});
