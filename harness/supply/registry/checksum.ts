import { basename } from 'node:path';

/**
 * SHA-256 of an asset (64 lower-case hexadecimal digits) according to a checksum file; undefined if it does not say.
 * Reads what `sha256sum` writes (also with a folder before the name, or `*` for binary mode), one space instead of
 * two (Istio), and a lone sum without a name (Kubernetes).
 */
export function expectedSha256(listing: string, asset: string): string | undefined {
  const lines = listing.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines) {
    const [, sum, name] = /^([0-9a-f]{64})(?:\s+\*?(\S+))?\s*$/i.exec(line) ?? [];
    if (sum === undefined) continue;
    if (name === undefined ? lines.length === 1 : basename(name) === asset) return sum.toLowerCase();
  }
  return undefined;
}
