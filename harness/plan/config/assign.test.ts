import { expect, it } from 'vitest';
import { assignedSettings } from './assign.ts';

it('assigns by the path of a key, the later winning', () => {
  const words = [
    'planes.mesh.hub=registry.example.com/mesh',
    'planes.mesh.tag=3.2.0',
    'keep=true',
    'planes.mesh.tag=3.2.1',
  ];
  expect(assignedSettings(words)).toEqual({
    planes: { mesh: { hub: 'registry.example.com/mesh', tag: '3.2.1' } },
    keep: true,
  });
  expect(assignedSettings([])).toEqual({});
});

it('takes YAML for a value', () => {
  expect(assignedSettings(['planes.gateway.values={ pilot: { env: { A: "1" } } }', 'only=[trust.split.*]'])).toEqual({
    planes: { gateway: { values: { pilot: { env: { A: '1' } } } } },
    only: ['trust.split.*'],
  });
});

it.each([
  ['planes.mesh.tag', /^--set planes\.mesh\.tag assigns nothing\.\nWrite it as KEY=VALUE/],
  ['planes.mesh.tog=1', /unknown key 'tog' in planes\.mesh; known are: namespace/],
  ['keep=perhaps', /keep must be boolean/],
  ['only=[', /is not YAML behind the equals sign/],
])('refuses %s', (assignment, message) => {
  expect(() => assignedSettings([assignment])).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringMatching(message) as string }),
  );
});
