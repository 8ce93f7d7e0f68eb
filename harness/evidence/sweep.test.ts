import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CERTIFICATE, ecKey, rsaKey } from './canary.ts';
import { redact } from './redact.ts';
import { removeLeaks } from './sweep.ts';

it('deletes and names every file that holds a planted key, however it is written, and no other', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-sweep-'));
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
  const key = rsaKey('pkcs8');
  mkdirSync(join(folder.path, 'evidence'));
  write('evidence/plain.log', `before\n${key}after\n`);
  write('evidence/secret.yaml', `data:\n  ca-key.pem: ${Buffer.from(key).toString('base64')}\n`);
  write('evidence/one-line.txt', `a line of its private half: ${key.split('\n')[14] ?? ''}`);
  write('evidence/unknown.txt', ecKey('sec1'));
  write('evidence/redacted.log', redact(`before\n${key}after\n`));
  write('evidence/certificate.txt', CERTIFICATE.pem);
  write('conformance.yaml', 'kind: TrustConformanceReport\n');
  expect(removeLeaks(folder.path, [key]).sort()).toEqual([
    'evidence/one-line.txt',
    'evidence/plain.log',
    'evidence/secret.yaml',
    'evidence/unknown.txt',
  ]);
  expect(readdirSync(join(folder.path, 'evidence')).sort()).toEqual(['certificate.txt', 'redacted.log']);
});
