import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Certificate, parseCertificate } from '../../../observations/certificate.ts';
import type { VerifyOptions } from '../chain.ts';
import { x509 } from '../../../observations/x509.ts';

export interface OpensslOpinion {
  readonly trusted: boolean;
  /** What openssl printed, for a message. */
  readonly says: string;
}

const run = promisify(execFile);

/**
 * Asks `openssl verify` about a chain. -partial_chain, because every root is an anchor to us and to Envoy; nothing from
 * the machine's own store; not -x509_strict unless asked, because neither Envoy nor we demand its niceties.
 */
export async function opensslVerify(
  presented: readonly Certificate[],
  roots: readonly Certificate[],
  options: VerifyOptions & { readonly strict?: boolean } = {},
): Promise<OpensslOpinion> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'trust-oracle-'));
  const file = async (name: string, certificates: readonly Certificate[]) => {
    const path = join(directory.path, name);
    await writeFile(path, certificates.map(({ pem }) => pem).join(''));
    return path;
  };
  const args = ['verify', '-no-CApath', '-no-CAstore', '-partial_chain'];
  // openssl takes an empty file of roots for a mistake.
  args.push(...(roots.length === 0 ? ['-no-CAfile'] : ['-CAfile', await file('roots.pem', roots)]));
  if (presented.length > 1) args.push('-untrusted', await file('untrusted.pem', presented.slice(1)));
  if (options.at !== undefined) args.push('-attime', String(Math.floor(options.at.getTime() / 1000)));
  if (options.purpose !== undefined)
    args.push('-purpose', { serverAuth: 'sslserver', clientAuth: 'sslclient' }[options.purpose]);
  if (options.strict === true) args.push('-x509_strict');
  args.push(await file('leaf.pem', presented.slice(0, 1)));
  try {
    return { trusted: true, says: (await run('openssl', args)).stdout };
  } catch (error) {
    // Exit code 2 is a verdict; anything else, such as a missing program, is not.
    if (!(error instanceof Error && 'code' in error && error.code === 2 && 'stderr' in error)) throw error;
    return { trusted: false, says: String(error.stderr) };
  }
}

/** A copy of a certificate with some bytes changed in place; it has to stay readable. */
export function withBytes(certificate: Certificate, change: (der: Buffer) => void): Certificate {
  const der = Buffer.from(certificate.der);
  change(der);
  return parseCertificate(x509.PemConverter.encode(new Uint8Array(der), 'CERTIFICATE'));
}
