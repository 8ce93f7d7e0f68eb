import { expect, it } from 'vitest';
import { buildReport } from '../build.ts';
import { EXAMPLE } from '../testing/example.ts';
import { compareCircumstances } from './circumstances.ts';

const old = buildReport(EXAMPLE);

it('finds nothing between a run and its repetition', () => {
  const run = { ...EXAMPLE.run, id: 'mt-2', started: '2026-05-05T10:00:00Z' };
  expect(compareCircumstances(old, buildReport({ ...EXAMPLE, run, supplyReason: 'asked for', notes: [] }))).toEqual([]);
});

it('tells versions from circumstances', () => {
  const now = buildReport({
    ...EXAMPLE,
    distribution: 'openshift-4.19',
    implementation: {
      planes: [{ name: 'mesh', namespace: 'istio-system', revision: 'canary', version: '1.29.1' }],
      components: [
        { name: 'envoy', version: '1.34.1', image: 'meshtrust/envoy:1', digest: 'sha256:cd' },
        { name: 'cert-manager', version: '1.11.5' },
      ],
    },
    environment: { ...EXAMPLE.environment, cpus: 8, kubernetes: '1.35.4' },
  });
  expect(compareCircumstances(old, now)).toEqual([
    {
      kind: 'version',
      what: 'mesh plane',
      old: '1.26.2, revision default, istio-system',
      new: '1.29.1, revision canary, istio-system',
    },
    {
      kind: 'version',
      what: 'envoy',
      old: '1.34.1, meshtrust/envoy:1, sha256:ab',
      new: '1.34.1, meshtrust/envoy:1, sha256:cd',
    },
    { kind: 'version', what: 'Kubernetes', old: '1.33.1', new: '1.35.4' },
    { kind: 'version', what: 'cert-manager', old: 'absent', new: '1.11.5' },
    { kind: 'unlike', what: 'distribution', old: 'openshift-4.22', new: 'openshift-4.19' },
    { kind: 'unlike', what: 'cpus', old: '4', new: '8' },
  ]);
});

it('compares all versions of a component that is there twice', () => {
  const of = (...versions: string[]) =>
    buildReport({
      ...EXAMPLE,
      implementation: { planes: [], components: versions.map((version) => ({ name: 'istio', version })) },
    });
  expect(compareCircumstances(of('1.28.2', '1.29.1'), of('1.29.1', '1.28.2'))).toEqual([]);
  expect(compareCircumstances(of('1.28.2', '1.29.1'), of('1.28.5', '1.29.1'))).toEqual([
    { kind: 'version', what: 'istio', old: '1.28.2 and 1.29.1', new: '1.28.5 and 1.29.1' },
  ]);
});
