// What command line options take, each refused with what it must be.
import { InvalidArgumentError } from 'commander';
import { parseShard, type Shard } from '../verdict/report/shard.ts';

export function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new InvalidArgumentError('It must be a port, 1 to 65535.');
}

export function agents(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= 0 && number <= 10) return number;
  throw new InvalidArgumentError('It must be a whole number, 0 to 10.');
}

export function shard(text: string): Shard {
  const parsed = parseShard(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError('It must be i/n, part i of n with 1 ≤ i ≤ n ≤ 999, for example 2/3.');
}

export function atLeastOne(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number, 1 or more.');
}

const UNITS = { h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of `12h`, `30d` or `8w`. */
export function duration(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * UNITS[unit as keyof typeof UNITS];
  throw new InvalidArgumentError('It must be a number of hours, days or weeks, such as 12h, 30d or 8w.');
}

/** An address that may stand in a process list and a log. */
export function webAddress(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('It must be an address that begins with http:// or https://.');
  }
  if (url.username === '' && url.password === '') return text;
  throw new InvalidArgumentError(
    'It may not have credentials in it: whoever sees the processes of this machine would have them.',
  );
}

/** For a flag that goes by another name now: refused with what to use instead. */
export const renamed = (flag: string) => (): never => {
  throw new InvalidArgumentError(`It is ${flag} now.`);
};

/** How `audit` prints a graph, and `diff` a comparison; the first unless asked otherwise. */
export const AUDIT_FORMATS = ['table', 'json', 'yaml', 'html', 'openmetrics'] as const;
export const DIFF_FORMATS = ['text', 'markdown', 'json'] as const;
