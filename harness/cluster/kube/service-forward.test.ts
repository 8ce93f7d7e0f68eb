import { expect, it } from 'vitest';
import { readyEndpoints } from './service-forward.ts';

const pod = (name: string) => ({ kind: 'Pod', namespace: 'shop', name });

it('sends only to pods that are ready and are not ending', () => {
  const endpoints = [
    { addresses: [], conditions: { ready: true }, targetRef: pod('ready') },
    { addresses: [], targetRef: pod('silent') },
    { addresses: [], conditions: { ready: false }, targetRef: pod('starting') },
    { addresses: [], conditions: { ready: true, terminating: true }, targetRef: pod('ending') },
    { addresses: [], conditions: { ready: true } },
  ];
  const slice = { addressType: 'IPv4', endpoints, ports: [{ port: 3128 }] };
  expect(readyEndpoints(slice)).toEqual([
    { pod: { namespace: 'shop', name: 'ready' }, port: 3128 },
    { pod: { namespace: 'shop', name: 'silent' }, port: 3128 },
  ]);
  expect(readyEndpoints({ ...slice, ports: [] })).toEqual([]);
});
