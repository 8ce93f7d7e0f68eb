import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { INSTALLERS } from '../mesh/installers/installers.ts';
import { WAYS_IN } from '../mesh/ways.ts';
import { SUPPLIES } from '../supply/open.ts';

const schema: unknown = JSON.parse(readFileSync(new URL('../config/schema.json', import.meta.url), 'utf8'));

/** What the schema of the settings takes for a key, wherever it stands. */
function enumOf(key: string, node: unknown = schema): string[] | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { [key]: own } = node as Record<string, { enum?: string[] } | undefined>;
  return (
    own?.enum ??
    Object.values(node)
      .map((child) => enumOf(key, child))
      .find((found) => found !== undefined)
  );
}

it.each([
  ['installer', Object.keys(INSTALLERS)],
  ['supply', ['auto', ...Object.keys(SUPPLIES)]],
  ['wayIn', WAYS_IN],
])('the settings take for %s what there is', (key, names) => {
  expect([...(enumOf(key) ?? [])].sort()).toEqual([...names].sort());
});
