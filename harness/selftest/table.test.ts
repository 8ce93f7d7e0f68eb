import { describe, expect, it } from 'vitest';
import { describeAll, renderTrials } from './table.ts';
import { isAsExpected, type Trial } from './trial.ts';

const trial = (over: Partial<Trial>): Trial => ({ name: 'sabotage', expected: [], got: new Map(), ...over });

describe('a trial', () => {
  it.each([
    ['nothing expected, nothing red', trial({}), true],
    ['what was expected', trial({ expected: ['a'], got: new Map([['a', ['it broke']]]) }), true],
    ['one that went unnoticed', trial({ expected: ['a'] }), false],
    ['a false alarm', trial({ got: new Map([['a', ['it broke']]]) }), false],
    ['trouble beside the claims', trial({ trouble: 'it could not be undone' }), false],
  ])('%s', (_, one, expected) => {
    expect(isAsExpected(one)).toBe(expected);
  });
});

describe('renderTrials', () => {
  it('says of a surprise what was expected, what went unnoticed and what was a false alarm', () => {
    const surprise = trial({
      expected: ['a', 'b'],
      got: new Map([
        ['b', ['it broke']],
        ['c', ['so did this']],
      ]),
      trouble: 'oh',
    });
    expect(renderTrials([trial({ name: 'fine' }), surprise])).toBe(
      [
        '✔ fine      nothing',
        '✖ sabotage  b, c',
        '    expected: a, b',
        '    unnoticed by a',
        '    false alarm of c: so did this',
        '    oh',
      ].join('\n'),
    );
  });
});

describe('describeAll', () => {
  it('is a Markdown table that names a claim of both remedies once', () => {
    const red = ['trust.manual.chain', 'trust.cert-manager.chain', 'trust.manual.bookinfo'];
    expect(describeAll([{ name: 'x', breaks: 'it', red }])).toBe(
      [
        '| sabotage | what it breaks | what goes red |',
        '|---|---|---|',
        '| `x` | it | `trust.{manual,cert-manager}.chain`, `trust.manual.bookinfo` |',
      ].join('\n'),
    );
  });
});
