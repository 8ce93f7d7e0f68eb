import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { connect, createSecureContext, createServer, type PeerCertificate } from 'node:tls';
import { promisify } from 'node:util';
import { type Certificate, parseCertificate } from '../../../observations/certificate.ts';
import type { VerifyOptions } from '../chain.ts';
import type { PrivateKey } from '../private-key.ts';
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

/** One end of a mutual handshake. */
export interface TlsEnd {
  /** Leaf first. */
  readonly chain: readonly Certificate[];
  readonly roots: readonly Certificate[];
  /** The leaf's. */
  readonly privateKey: PrivateKey;
  /** Whether it talks to a peer with these URI names. */
  readonly accepts: (uris: readonly string[]) => boolean;
}

export type HandshakeOutcome = 'accepted' | 'refused by the client' | 'refused by the server';

/**
 * Has two ends shake hands in TLS 1.3, in memory, as two Envoys do: each verifies the other, every root is an anchor.
 * With TLS 1.3 a client believes the handshake done before the server has judged it; only an answer proves otherwise.
 */
export async function shakeHands(client: TlsEnd, server: TlsEnd): Promise<HandshakeOutcome> {
  const [near, far] = duplexPair();
  const listener = createServer({ requestCert: true }, (socket) => {
    socket.on('error', () => undefined);
    if (server.accepts(urisOf(socket.getPeerCertificate()))) socket.end('welcome');
    else socket.destroy();
  });
  // Not as the server's own options, of which Node passes on only some, and not allowPartialTrustChain.
  listener.addContext('peer', createSecureContext(optionsOf(server)));
  listener.on('tlsClientError', () => undefined);
  listener.emit('connection', far);
  const socket = connect({
    secureContext: createSecureContext(optionsOf(client)),
    socket: near,
    servername: 'peer',
    checkServerIdentity: (_, peer) => (client.accepts(urisOf(peer)) ? undefined : new Error('the name is refused')),
  });
  try {
    return await new Promise((resolve) => {
      let done = false;
      socket.on('secureConnect', () => (done = true));
      socket.on('data', () => resolve('accepted'));
      for (const end of ['error', 'end', 'close']) {
        socket.on(end, () => resolve(done ? 'refused by the server' : 'refused by the client'));
      }
    });
  } finally {
    // Over a pair in memory neither end learns that the other has gone.
    near.destroy();
    far.destroy();
  }
}

const optionsOf = ({ chain, roots, privateKey }: TlsEnd) => ({
  cert: chain.map(({ pem }) => pem).join(''),
  key: privateKey.pem(),
  ca: roots.map(({ pem }) => pem),
  // Envoy sets X509_V_FLAG_PARTIAL_CHAIN.
  allowPartialTrustChain: true,
  minVersion: 'TLSv1.3' as const,
});

const urisOf = ({ subjectaltname = '' }: PeerCertificate): string[] =>
  subjectaltname.split(', ').flatMap((name) => (name.startsWith('URI:') ? [name.slice('URI:'.length)] : []));

/** A copy of a certificate with some bytes changed in place; it has to stay readable. */
export function withBytes(certificate: Certificate, change: (der: Buffer) => void): Certificate {
  const der = Buffer.from(certificate.der);
  change(der);
  return parseCertificate(x509.PemConverter.encode(new Uint8Array(der), 'CERTIFICATE'));
}
