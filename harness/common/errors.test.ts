import { describe, expect, it } from 'vitest';
import { environmentFailure, EXIT, exitCodeOf, labFailure, usageFailure } from './errors.ts';

describe('Failure', () => {
  it('tells reason, next step, command and evidence, in that order', () => {
    const failure = environmentFailure('docker failed (exit code 1)', {
      next: 'Start it.',
      command: 'docker info',
      evidence: 'first\nsecond\n',
    });
    expect(failure.message).toBe(
      'docker failed (exit code 1)\nStart it.\n  command: docker info\n  | first\n  | second',
    );
    expect(failure.reason).toBe('docker failed (exit code 1)');
  });

  it.each([
    [usageFailure('x'), EXIT.usage],
    [environmentFailure('x'), EXIT.environment],
    [labFailure('x'), EXIT.lab],
    [new TypeError('x'), EXIT.bug],
    ['x', EXIT.bug],
  ])('%s ends with its exit code', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
