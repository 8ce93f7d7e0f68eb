import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../common/paths.ts';

const capabilities = ['CAP_SYS_PTRACE', 'CAP_SYS_RESOURCE', 'CAP_SYS_TIME', 'CAP_SYS_RESOURCE'];

describe('runc-without-sys-resource', () => {
  it.each([
    ['create with a bundle', 'config.json', (folder: string) => ['create', '--bundle', folder, 'id']],
    ['create, written with an equals sign', 'config.json', (folder: string) => ['create', `--bundle=${folder}`, 'id']],
    ['exec', 'process.json', (folder: string) => ['exec', '--process', join(folder, 'process.json'), 'id']],
  ])('%s: takes out that capability and no other, and hands everything else to runc', (_, file, words) => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-runc-'));
    const runc = join(folder.path, 'runc');
    writeFileSync(runc, '#!/bin/sh\necho "$@"\n');
    chmodSync(runc, 0o755);
    writeFileSync(join(folder.path, file), JSON.stringify({ bounding: capabilities, effective: capabilities }));
    const said = execFileSync(fixture('engine', 'runc-without-sys-resource'), words(folder.path), {
      encoding: 'utf8',
      env: { PATH: `${folder.path}:/usr/bin:/bin` },
    });
    expect(said.trim().split(' ')).toEqual(words(folder.path));
    const left = ['CAP_SYS_PTRACE', 'CAP_SYS_TIME'];
    expect(JSON.parse(readFileSync(join(folder.path, file), 'utf8'))).toEqual({ bounding: left, effective: left });
  });
});
