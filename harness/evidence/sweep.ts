import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Redactor } from './redact.ts';

/**
 * The last look over a report's folder before it is handed out: files that still hold anything of these private keys
 * (PEM), or anything else that looks like one, are deleted and named. What is redacted properly does not change when
 * it is redacted once more, which is how a leak is told.
 */
export function removeLeaks(folder: string, keys: readonly string[]): string[] {
  const redactor = new Redactor();
  for (const key of keys) redactor.know(key);
  const files = readdirSync(folder, { recursive: true }).map(String);
  const leaking = files
    .filter((file) => statSync(join(folder, file)).isFile())
    .filter((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return redactor.redact(text) !== text;
    });
  for (const file of leaking) rmSync(join(folder, file));
  return leaking;
}
