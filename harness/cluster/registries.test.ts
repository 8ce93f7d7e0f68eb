import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../common/errors.ts';
import { readRegistries, tlsFiles } from './registries.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshtrust-registries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'registries.yaml');
const ca = join(folder, 'ca.crt');
writeFileSync(ca, '');

const read = (text: string) => {
  writeFileSync(path, text);
  return readRegistries(path);
};

function failureOf(text: string): Failure {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was taken for valid');
}

describe('readRegistries', () => {
  it('reads mirrors, credentials and TLS, and takes a key without value for none', () => {
    const registries = read(
      `mirrors:\n  a:5000: { endpoint: [http://b:5000, c/v2/x] }\n  d:\nconfigs:\n  b:5000:\n    auth: { username: u, password: p }\n    tls: { ca_file: ${ca}, insecure_skip_verify: true }\n  e: { auth: }\n`,
    );
    expect(registries).toEqual({
      mirrors: { 'a:5000': { endpoint: ['http://b:5000', 'c/v2/x'] }, d: {} },
      configs: {
        'b:5000': { auth: { username: 'u', password: 'p' }, tls: { ca_file: ca, insecure_skip_verify: true } },
        e: {},
      },
    });
    expect(tlsFiles(registries)).toEqual([{ file: ca, at: ['configs', 'b:5000', 'tls', 'ca_file'] }]);
    expect(read('')).toEqual({ mirrors: {}, configs: {} });
  });

  it.each([
    ['text that is no YAML', 'mirrors:\n  a: {\nconfigs:\n', ':3: this is not YAML (BAD_INDENT)'],
    ['an unknown key', 'mirrors:\n  a:\n    endpoints: []\n', ":3: unknown key 'endpoints' in mirrors.a"],
    ['a wrong type', 'mirrors:\n  a:\n    endpoint: http://b\n', ':3: mirrors.a.endpoint must be array'],
    [
      'credentials in a URL',
      'mirrors:\n  a:\n    endpoint:\n      - http://u:p@b\n',
      ':4: mirrors.a.endpoint.0 must be a URL without user and password',
    ],
    [
      'a file that is not there',
      'configs:\n  a:\n    tls:\n      ca_file: /not/there\n',
      ':4: configs.a.tls.ca_file must be the absolute path of a file that is there',
    ],
  ])('names line and reason of %s', (_, text, message) => {
    const failure = failureOf(text);
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain(`${path}${message}`);
  });

  it.each([
    ['broken YAML', 'configs:\n  a:\n    auth: { password: hunter2hunter2\n  b'],
    ['a mistake beside it', 'configs:\n  a:\n    auth: { password: hunter2hunter2, user: me }\n'],
    ['a password of the wrong type', 'configs:\n  a:\n    auth: { password: [hunter2hunter2] }\n'],
    ['an alias', 'configs:\n  a:\n    auth: { password: *hunter2hunter2 }\n'],
    ['a URL', 'mirrors:\n  a: { endpoint: ["http://u:hunter2hunter2@b"] }\n'],
  ])('keeps a password to itself: %s', (_, text) => {
    expect(failureOf(text).message).not.toContain('hunter2');
  });

  it('says what to do about a file that cannot be read', () => {
    expect(() => readRegistries(join(folder, 'missing.yaml'))).toThrow(
      /missing\.yaml cannot be read: ENOENT.*\nName a registries\.yaml/,
    );
  });
});
