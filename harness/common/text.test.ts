import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inert, mapStrings, plain } from './text.ts';

const code = (character: string) => character.codePointAt(0)?.toString(16) ?? '';

/** Any string of code units, half surrogates too, with pieces in it that mean something to somebody. */
const foreign = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u2028', '\u0085', '\r', '\n', '\u001b[2J', '\u200b', '\udb40', '\udc41', ' ', ':', '::', '##['),
    ),
  )
  .map((pieces) => pieces.join(''));

describe('plain', () => {
  it.each(['\u0085', '\u2028', '\u2029'])('makes a space of a line break that only some readers know, %j', (mark) => {
    expect(plain(`a${mark}result: conformant${mark}b`)).toBe('a result: conformant b');
    expect(plain(mark)).toBe(' ');
  });

  it.each([
    '\u00ad \u061c \u200b \u200c \u200d \u200e \u200f \u2060 \u2064 \u206f \ufeff \ufff9 \ufffb',
    '\u202a \u202b \u202c \u202d \u202e \u2066 \u2067 \u2068 \u2069',
    '\u034f \u115f \u180e \u3164 \ufe0f \uffa0 \u{e0001} \u{e0020} \u{e0041} \u{e007f} \u{e0100} \u{1d173}',
    '\u0000 \u0007 \u000b \u001b \u007f \u009b \ufffe \uffff',
  ])('takes out what cannot be seen and hides or reorders what can, %j', (marks) => {
    const left = marks.split(' ').filter((mark) => plain(`a${mark}b`) !== 'ab');
    expect(left.map(code)).toEqual([]);
  });

  it('puts no such mark together from what it takes apart', () => {
    expect(plain('\udb40\u200b\udc41')).toBe('\ufffd\ufffd');
    expect(plain('\udb40\u001b[0m\udc41')).toBe('\ufffd\ufffd');
    expect(plain('\u001b\u200b[2J')).toBe('[2J');
  });

  it('leaves every language, emoji, tabs and line breaks alone', () => {
    const text = 'Straße “ok” — 信頼, доверие, ثقة, אמון 🔐\n\tnext «line»\u00a0\u0301';
    expect(plain(text)).toBe(text);
    expect(plain('one\r\ntwo')).toBe('one\ntwo');
  });

  it('is done after the first time, whatever the text', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const once = plain(text);
        expect(plain(once)).toBe(once);
        expect(once.isWellFormed()).toBe(true);
        // eslint-disable-next-line no-control-regex -- one of those that must be gone
        expect(once).not.toMatch(/[\r\u0085\u2028\u2029\u001b\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
      }),
    );
  });
});

describe('inert', () => {
  it.each([
    ['::error::broken', ': :error::broken'],
    ['::error file=a.ts,line=1::broken', ': :error file=a.ts,line=1::broken'],
    ['::stop-commands::token', ': :stop-commands::token'],
    ['  \t\u00a0::add-mask::visible', '  \t\u00a0: :add-mask::visible'],
    ['first\n::error::second\n  ::notice::third', 'first\n: :error::second\n  : :notice::third'],
    ['first\r\n::error::second', 'first\n: :error::second'],
    ['first\u2028::error::second', 'first ::error::second'],
    ['\r::error::broken', ': :error::broken'],
    ['\u200b:\ufeff:error::broken', ': :error::broken'],
    ['\u001b[31m::error::broken', ': :error::broken'],
    [':::error::', ': ::error::'],
    ['##[error]broken', '## [error]broken'],
    ['before ##[add-matcher]m.json', 'before ## [add-matcher]m.json'],
    ['before\n  ###[group]', 'before\n  ### [group]'],
    ['#\u200b#[error]', '## [error]'],
    ['said ##vso[task.setvariable variable=x]y', 'said ## vso[task.setvariable variable=x]y'],
    ["##teamcity[testFailed name='x']", "## teamcity[testFailed name='x']"],
  ])('has %j command no CI system', (text, shown) => {
    expect(inert(text)).toBe(shown);
    expect(inert(shown)).toBe(shown);
  });

  it.each(['[::]:15012 and ::1', 'Envoy::Http::Filter', '## [1] a heading', '# [x]', 'a # b', 'one: two'])(
    'leaves %j alone',
    (text) => {
      expect(inert(text)).toBe(text);
    },
  );

  it('is done after the first time, and leaves no command, whatever the text', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const once = inert(text);
        expect(inert(once)).toBe(once);
        expect(plain(once)).toBe(once);
        expect(once).not.toMatch(/^\s*::|##\w*\[/m);
      }),
    );
  });
});

describe('mapStrings', () => {
  it('changes keys too: what a worker hands over as a graph may have any', () => {
    expect(mapStrings({ 'a\u2028b': ['\u001b[2J', 1, null, { c: 'd\u0085' }] }, plain)).toEqual({
      'a b': ['', 1, null, { c: 'd ' }],
    });
  });
});
