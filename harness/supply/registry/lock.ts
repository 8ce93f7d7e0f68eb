import { readFileSync, writeFileSync } from 'node:fs';
import { fixture } from '../../common/paths.ts';

/** What official files and images are pinned to. */
export interface Lock {
  /** SHA-256 of a release's file by its URL: 64 lower-case hexadecimal digits. */
  readonly assets: Readonly<Record<string, string>>;
  /** Digest (`sha256:…`) of an image's index by its name with tag, registry included. */
  readonly images: Readonly<Record<string, string>>;
}

export const LOCK_FILE = fixture('parts', 'registry.lock.json');

const COMMENT =
  'What --supply registry takes: SHA-256 of every file, digest of every image. Written by `npm run pins`, which asks for all of them; what is not here is used too, and the report says so.';

export const readLock = (file: string): Lock => parseLock(readFileSync(file, 'utf8'), file);

/** Sorted, so that a renewed lock differs in what has changed and in nothing else. */
export function writeLock(file: string, { assets, images }: Lock): void {
  const lock = { comment: COMMENT, assets: sorted(assets), images: sorted(images) };
  writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
}

/** The pins of a lock file; throws a sentence where they are none, since one that nothing can equal pins nothing. */
export function parseLock(text: string, file: string): Lock {
  const given = JSON.parse(text) as Partial<Record<keyof Lock, unknown>>;
  const take = (part: keyof Lock, form: RegExp): Record<string, string> => {
    const pins = Object.entries((given[part] ?? {}) as Record<string, unknown>);
    for (const [name, pin] of pins) {
      if (typeof pin === 'string' && form.test(pin)) continue;
      throw new Error(`${file}: ${name} is pinned to ${JSON.stringify(pin)}, which is no SHA-256`);
    }
    return Object.fromEntries(pins) as Record<string, string>;
  };
  return { assets: take('assets', /^[0-9a-f]{64}$/), images: take('images', /^sha256:[0-9a-f]{64}$/) };
}

const sorted = (pins: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(pins).sort(byName));

/** By code units: a locale's order differs from machine to machine. */
const byName = ([one]: [string, string], [other]: [string, string]) => (one < other ? -1 : 1);
