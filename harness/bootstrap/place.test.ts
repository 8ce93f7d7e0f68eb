import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { moveUnlessThere } from './place.mjs';

it('moves a folder to a free place, and yields to one that has been quicker', () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-place-'));
  const at = (...parts: string[]) => join(box.path, ...parts);
  for (const name of ['first', 'second']) {
    mkdirSync(at(name));
    writeFileSync(at(name, name), '');
  }
  expect(moveUnlessThere(at('first'), at('home'))).toBe(true);
  // Nobody has looked before: the answer is that of the move itself.
  expect(moveUnlessThere(at('second'), at('home'))).toBe(false);
  expect(readdirSync(at('home'))).toEqual(['first']);
  expect(() => moveUnlessThere(at('missing'), at('elsewhere'))).toThrow('ENOENT');
});
