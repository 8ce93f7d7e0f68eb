import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { explainSettings } from './explain.ts';
import { loadSettings, parseSettings } from './load.ts';

const FLAGS = { distribution: 'openshift-4.22', ports: { gateway: 8081 } };

it('says of every value where it came from, and reads back as the same settings', () => {
  using box = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(box.path, 'mine.yaml');
  writeFileSync(file, 'distribution: openshift-4.19\n\nports:\n  api: 6443\n  gateway: 8080\nonly: [a.*, b.*]\n');
  const text = explainSettings(file, FLAGS);
  expect(text).toContain('profile: trust # default\n');
  expect(text).toContain('distribution: openshift-4.22 # command line\n');
  expect(text).toContain(`  api: 6443 # ${file}:4\n  gateway: 8081 # command line\n`);
  expect(text).toContain(`only: [ a.*, b.* ] # ${file}:6\n`);
  expect(parseSettings(text, 'printed').settings).toEqual(loadSettings(file, FLAGS));
});

it('prints the defaults where nothing else is given', () => {
  const text = explainSettings(undefined, {});
  const values = text.split('\n').filter((line) => /: \S/.test(line));
  expect(values.filter((line) => !line.endsWith(' # default'))).toEqual([]);
});
