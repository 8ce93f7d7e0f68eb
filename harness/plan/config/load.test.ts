import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSettings, parseSettings } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshtrust-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string) => {
  const path = join(folder, 'meshtrust.yaml');
  writeFileSync(path, text);
  return path;
};

describe('loadSettings', () => {
  it('lets the file win over the defaults and flags over the file', () => {
    const path = file('distribution: openshift-4.19\nports: { gateway: 8080 }\ndeadlines: { scale: 2 }\n');
    const settings = loadSettings(path, { distribution: 'openshift-4.22', ports: { api: 6443 } });
    expect(settings).toMatchObject({
      profile: 'trust',
      distribution: 'openshift-4.22',
      ports: { api: 6443, gateway: 8080 },
      deadlines: { scale: 2 },
    });
  });

  it('takes an empty file for no settings', () => {
    expect(loadSettings(file(''), {}).supply).toBe('auto');
  });

  it('names a file that cannot be read', () => {
    expect(() => loadSettings(join(folder, 'missing.yaml'), {})).toThrow(/missing\.yaml cannot be read: ENOENT/);
  });
});

describe('parseSettings', () => {
  it.each([
    [
      'an unknown key',
      'keep: true\nprofil: trust\n',
      /m\.yaml:2: unknown key 'profil' in the file; known are: profile,/,
    ],
    [
      'an unknown key further in',
      'ports:\n  api: 1\n  apo: 2\n',
      /m\.yaml:3: unknown key 'apo' in ports; known are: api, gateway/,
    ],
    [
      'an unknown key of a plane',
      'planes:\n  mesh:\n    hab: x\n',
      /m\.yaml:3: unknown key 'hab' in planes\.mesh; known are: namespace, revision, version, hub, tag,/,
    ],
    [
      'a value that is none of the accepted',
      'supply: magic\n',
      /m\.yaml:1: supply must be one of: auto, registry, source/,
    ],
    ['a number out of range', 'keep: true\nports:\n  api: 70000\n', /m\.yaml:3: ports\.api must be <= 65535/],
    ['a wrong type', '\n\nkeep: perhaps\n', /m\.yaml:3: keep must be boolean/],
    ['a list instead of a map', '- profile\n', /m\.yaml:1: the file must be object/],
  ])('names line and remedy of %s', (_, text, message) => {
    expect(() => parseSettings(text, 'm.yaml')).toThrow(message);
  });

  it('says where a text is no YAML', () => {
    expect(() => parseSettings('profile: [trust\nkeep: true\n', 'm.yaml')).toThrow(/m\.yaml is not YAML: .* line 2/s);
  });
});
