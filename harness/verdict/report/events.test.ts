import { appendFileSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Redactor } from '../../common/redact/redact.ts';
import { appendEvent, readEvents, type RunEvent } from './events.ts';
import { EXAMPLE } from './testing/example.ts';

it('gives back what was appended, in order', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'events.ndjson');
  expect(readEvents(file)).toEqual([]);
  const events: RunEvent[] = [...EXAMPLE.events, { type: 'note', text: 'two\nlines' }];
  for (const event of events) appendEvent(file, event);
  expect(readEvents(file)).toEqual(events);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(events.length);
});

it('survives a line cut by a kill and complains of any other garbage', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'events.ndjson');
  appendFileSync(
    file,
    [
      'npm warn something',
      '{"type":"note","text":"kept"}',
      'null',
      '{"type":"toString"}',
      '{"type":"claim","id":"a.b","status":"splendid","durationMs":1,"evidence":[]}',
      '{"type":"remedy","remedy":"manual"}',
      '',
      '{"type":"claim","id":"a.b","status":"pas',
    ].join('\n'),
  );
  expect(readEvents(file)).toEqual([
    { type: 'note', text: "line 1 of the test worker's events is no event" },
    { type: 'note', text: 'kept' },
    ...[3, 4, 5, 6].map((line) => ({ type: 'note', text: `line ${line} of the test worker's events is no event` })),
  ]);
});

it('redacts before it writes, with the secrets the worker knows', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-'));
  const file = join(folder.path, 'events.ndjson');
  const redactor = new Redactor();
  redactor.know('correct-horse');
  appendEvent(file, { type: 'note', text: 'password is correct-horse' }, redactor);
  expect(readFileSync(file, 'utf8')).toBe('{"type":"note","text":"password is [redacted secret]"}\n');
});
