import { afterEach, describe, expect, it } from 'vitest';
import { scaleDeadlines } from './deadlines.ts';
import { EXIT, exitCodeOf } from './errors.ts';
import { eventually, Fatal, WaitFailure } from './retry.ts';

afterEach(() => scaleDeadlines(1));

describe('eventually', () => {
  it('returns the value once the attempt has succeeded often enough in a row', async () => {
    const outcomes = [true, false, true, true];
    let tries = 0;
    const value = await eventually(
      () => (outcomes[tries++] === true ? Promise.resolve(tries) : Promise.reject(new Error('not yet'))),
      { waitingFor: 'two in a row', within: 'converge', inARow: 2 },
    );
    expect(value).toBe(4);
  });

  it('says what it waited for, how often it tried and what it saw last', async () => {
    scaleDeadlines(0.005);
    const waiting = eventually(() => Promise.reject(new Error('the gateway answers 503')), {
      waitingFor: 'the gateway to answer',
      within: 'converge',
    });
    await expect(waiting).rejects.toThrow(WaitFailure);
    const failure = await waiting.catch((error: unknown) => error as WaitFailure);
    expect(failure.reason).toMatch(
      /^timed out waiting for the gateway to answer: \d+ tries in \d\.\d s; the last said: the gateway answers 503$/,
    );
    expect(failure.message).toMatch(/503\nRun the command again; .*raise deadlines\.scale\.$/);
    expect(exitCodeOf(failure)).toBe(EXIT.lab);
  });

  it('stops at once at a fatal failure and when it is aborted', async () => {
    const refused = new Error('refused for good');
    const options = { waitingFor: 'anything', within: 'converge' } as const;
    await expect(eventually(() => Promise.reject(new Fatal(refused)), options)).rejects.toBe(refused);
    const controller = new AbortController();
    const waiting = eventually(() => Promise.reject(new Error('no')), { ...options, signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await expect(waiting).rejects.toThrow();
  });
});
