import { expect, it } from 'vitest';
import { listNames, workloadOf } from './workloads.ts';

it.each([
  ['bookinfo/details-v1-774b7654c7-kqmmp', 'bookinfo/details-v1'],
  ['bookinfo/ratings-v1-5d6f5b69-t7bsn', 'bookinfo/ratings-v1'],
  [
    'openshift-ingress/mesh-gateway-openshift-default-7f7f55b647-f6dbz',
    'openshift-ingress/mesh-gateway-openshift-default',
  ],
  ['logging/collector-x2v9w', 'logging/collector'],
  ['db/store-0', 'db/store-0'],
  ['apps/by-hand', 'apps/by-hand'],
])('%s is a pod of %s', (pod, workload) => expect(workloadOf(pod)).toBe(workload));

it('names each once, in order', () => expect(listNames(['c', 'a', 'b', 'a'])).toBe('a, b and c'));
