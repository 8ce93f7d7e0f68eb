import { describe, expect, it } from 'vitest';
import { faultsIn } from '../../observations/fault.ts';
import { refusedForTheSplit, type Refusal, tellsClients } from './split.ts';

const BODY = 'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure';
const REASON = 'TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end';
const OTHER = 'TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end';

const told = (reason: string) => `${BODY}, transport failure reason: ${reason}`;
const line = (reason: string) => `[2026-11-27T04:00:00.000Z] "GET /productpage HTTP/1.1" 503 UF - - "${reason}" 0 95`;
const judged = (seen: Partial<Refusal>) =>
  faultsIn(
    refusedForTheSplit({ status: 503, headers: {}, body: told(REASON), envoy: '1.37.0', log: [line(REASON)], ...seen }),
  );

describe('a gateway that refuses', () => {
  it.each([
    ['told by an Envoy that tells', {}],
    ['kept by one that keeps it', { envoy: '1.38.3', body: BODY }],
    ['told by one that need not, as the guard allows', { envoy: '1.38.3' }],
    ['kept by a later patch of an older line', { envoy: '1.37.10', body: BODY }],
  ])('does so for the split: %s', (_, seen) => {
    expect(judged(seen)).toEqual([]);
  });

  it.each([
    ['answers', { status: 200 }, 'the gateway answered 200, not 503'],
    ['tells another reason', { body: told(OTHER) }, 'the reason given is another: '],
    ['tells none, and would', { body: BODY }, 'the answer gives no reason, which Envoy 1.37.0 would: '],
    ['logs another reason', { log: [line(OTHER)] }, 'its access log gives another reason: '],
    ['keeps it and logs another', { envoy: '1.38.3', body: BODY, log: [line(OTHER)] }, 'its access log gives another '],
    ['has no line of it', { log: [] }, 'its access log gives another reason: none'],
  ])('does not where it %s', (_, seen, fault) => {
    expect(judged(seen)).toEqual([{ sentence: expect.stringContaining(fault) as string }]);
  });
});

it.each([
  ['1.27.3', true],
  ['1.36.6', true],
  ['1.36.7', false],
  ['1.37.2', true],
  ['1.37.3', false],
  ['1.38.0-dev', true],
  ['1.38.1', false],
  ['1.39.0', false],
  ['1.100.0', false],
  ['unknown', false],
])('Envoy %s is known to tell clients: %s', (version, tells) => {
  expect(tellsClients(version)).toBe(tells);
});
