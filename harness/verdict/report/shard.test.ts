import { expect, it } from 'vitest';
import { parseShard, shardName } from './shard.ts';

it.each(['1/1', '2/3', '3/3', '999/999'])('reads %s and writes it again', (text) => {
  expect(shardName(parseShard(text)!)).toBe(text);
});

it.each(['0/3', '4/3', 'x', '', '1', '1/0', '-1/3', '01/3', '1/3 ', '1.5/3', '1/1000', '1/2/3'])(
  'refuses %j',
  (text) => {
    expect(parseShard(text)).toBeUndefined();
  },
);
