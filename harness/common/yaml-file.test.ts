import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Type from 'typebox';
import { expect, it } from 'vitest';
import { count, object, text } from './schema.ts';
import { readYaml } from './yaml-file.ts';

const SCHEMA = object({ title: text(), claims: Type.Array(object({ id: text(), order: Type.Optional(count()) })) });

function read(content: string) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-yaml-'));
  const path = join(folder.path, 'group.yaml');
  writeFileSync(path, content);
  return readYaml(path, SCHEMA);
}

it('takes what is as it has to be', () => {
  expect(read('title: A\nclaims:\n  - id: a.b\n')).toEqual({ title: 'A', claims: [{ id: 'a.b' }] });
});

it('says on which line what is wrong', () => {
  const wrong = () => read('title: A\nclaims:\n  - id: a.b\n  - id: a.c\n    odrer: 1\n  - id: a.d\n    order: -1\n');
  expect(wrong).toThrow(/group\.yaml is not as it has to be\./);
  expect(wrong).toThrow(/group\.yaml:5: \/claims\/1 must NOT have additional properties: odrer/);
  expect(wrong).toThrow(/group\.yaml:7: \/claims\/2\/order must be >= 0/);
  expect(() => read('title: [A\n')).toThrow(/group\.yaml is not YAML: /);
});
