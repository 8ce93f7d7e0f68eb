import { expect, it } from 'vitest';
import { faultOf, faultsIn, FaultsError } from './fault.ts';

const DETAILS = { namespace: 'bookinfo', name: 'details-v1' };

it('takes what checks have said for data, and for a sentence a line', () => {
  const faults = faultsIn([undefined, 'the lab is gone', faultOf(DETAILS, 'details-v1 has no proxy'), undefined]);
  expect(faults).toEqual([
    { sentence: 'the lab is gone' },
    { about: 'bookinfo/details-v1', sentence: 'details-v1 has no proxy' },
  ]);
  expect(new FaultsError(faults).message).toBe('the lab is gone\ndetails-v1 has no proxy');
});
