import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { whatIsMissing } from './rollout.ts';

const complete: V1Deployment = {
  metadata: { generation: 2 },
  spec: { replicas: 1, selector: {}, template: {} },
  status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
};

describe('whatIsMissing', () => {
  it.each([
    ['nothing', {}, undefined],
    ['the controller', { observedGeneration: 1 }, 'its controller has not seen the change'],
    ['updated replicas', { updatedReplicas: 0 }, '0 of 1 replicas updated'],
    ['the end of old replicas', { replicas: 2 }, 'old replicas are still there'],
    ['availability', { availableReplicas: 0 }, '0 of 1 available'],
  ])('%s', (_, status, missing) => {
    expect(whatIsMissing({ ...complete, status: { ...complete.status, ...status } })).toBe(missing);
  });

  it('takes a deployment that was scaled away for complete', () => {
    const away = { ...complete, spec: { replicas: 0, selector: {}, template: {} }, status: { observedGeneration: 2 } };
    expect(whatIsMissing(away)).toBeUndefined();
  });
});
