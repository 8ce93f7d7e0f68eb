import { expect, it } from 'vitest';
import { injectorName } from './injector.ts';

it.each([
  ['', 'istio-system', 'istio-sidecar-injector'],
  ['stable', 'istio-system', 'istio-sidecar-injector-stable'],
  ['', 'mesh', 'istio-sidecar-injector-mesh'],
  ['stable', 'mesh', 'istio-sidecar-injector-stable-mesh'],
])('the injection webhook of revision «%s» in %s is %s', (revision, namespace, name) => {
  expect(injectorName({ revision, namespace })).toBe(name);
});
