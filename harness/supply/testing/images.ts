import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs docker and returns what it prints; throws if it fails. */
export const docker = (...words: string[]) => execFileSync('docker', words, { encoding: 'utf8', stdio: 'pipe' });

/** Writes a docker-archive with images of one tiny layer each; the engine keeps nothing of them. */
export function writeArchive(file: string, names: readonly string[], content: string): void {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-image-'));
  writeFileSync(join(folder.path, 'content'), content);
  const layer = execFileSync('tar', ['-c', '-C', folder.path, 'content']);
  for (const name of names) execFileSync('docker', ['import', '--message', name, '-', name], { input: layer });
  docker('save', '--output', file, ...names);
  docker('image', 'rm', ...names);
}

/** Those of the engine's images whose line says `text`: `NAME:TAG@DIGEST`. */
export const imagesLike = (text: string) =>
  docker('image', 'ls', '--digests', '--format', '{{.Repository}}:{{.Tag}}@{{.Digest}}')
    .split('\n')
    .filter((line) => line.includes(text));

/** Pulls an image with the credentials of a folder (docker's `--config`), or with nobody's, and gives it back. */
export function pullAs(config: string | undefined, image: string): { exitCode: number | null; output: string } {
  using nobody = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-nobody-'));
  const words = ['--config', config ?? nobody.path, 'pull', '--quiet', image];
  const { status, stdout, stderr } = spawnSync('docker', words, { encoding: 'utf8' });
  if (status === 0) docker('image', 'rm', image);
  return { exitCode: status, output: stdout + stderr };
}
