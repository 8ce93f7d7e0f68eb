import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { type Deadline, deadline } from '../../common/deadlines.ts';
import type { Lab } from '../mesh/lab.ts';
import type { Credential } from '../../verdict/trust/issue.ts';
import { tunnelFrom } from './tunnel.ts';

export interface HandshakeResult {
  /** What the server presented, leaf first, as PEM; empty if the handshake did not get that far. */
  presented: string[];
  protocol: string | undefined;
  outcome:
    | { kind: 'answered'; status: number }
    /** `code` is OpenSSL's or the system's, for example ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
    | { kind: 'refused'; code: string; message: string };
}

/**
 * A TLS 1.3 handshake from outside the mesh with a workload's port, then one HTTP request: with TLS 1.3 a server
 * judges the client's certificate after the client believes the handshake done (RFC 8446, 4.4.2), so only an answer
 * proves that it was accepted.
 */
export async function handshake(
  lab: Lab,
  target: { host: string; port: number },
  options: { client?: Credential; agent: string },
): Promise<HandshakeResult> {
  return await handshakeOver(await tunnelFrom(lab, 'outside', target), options);
}

/** The same over a byte stream that is there, and that is gone afterwards. */
export async function handshakeOver(
  tunnel: Duplex,
  options: { client?: Credential; agent: string },
): Promise<HandshakeResult> {
  const socket = connect({
    socket: tunnel,
    ALPNProtocols: ['istio-http/1.1', 'istio'],
    // The probe observes; whether the chain is good is for the judges to say.
    rejectUnauthorized: false,
    ...(options.client === undefined
      ? {}
      : {
          cert: options.client.chain.map((certificate) => certificate.pem).join('\n'),
          key: options.client.privateKey.pem(),
        }),
  });
  const word = serversWord(socket);
  try {
    const presented = await presentedChain(socket);
    const answer = firstAnswer(socket);
    // A server that hangs up with something of ours unread resets the connection (RFC 9293, 3.10.7.4), and the reset
    // can overtake the alert that says why.
    await Promise.race([word, answer, sleep(deadline('verdictOnClient'), undefined, { ref: false })]);
    socket.write(requestOf(options.agent));
    return { presented, protocol: socket.getProtocol() ?? undefined, outcome: await answer };
  } catch (error) {
    return { presented: [], protocol: undefined, outcome: refusal(error) };
  } finally {
    socket.destroy();
    tunnel.destroy();
  }
}

/** Settles with the session ticket that a server sends once it has accepted the client (RFC 8446, 4.6.1). */
async function serversWord(socket: TLSSocket): Promise<void> {
  // In a turn of its own: what is written while Node is still reading the ticket is never sent.
  await new Promise<void>((resolve) => socket.once('session', () => setImmediate(resolve)));
}

/** What a server presented, leaf first, as PEM; fails where the handshake does or takes too long. */
export async function presentedChain(socket: TLSSocket, within: Deadline = 'handshake'): Promise<string[]> {
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.setTimeout(deadline(within), () => reject(new Error('no TLS answer')));
  });
  const chain: string[] = [];
  const seen = new Set<string>();
  let current = socket.getPeerX509Certificate();
  while (current !== undefined && !seen.has(current.fingerprint256)) {
    seen.add(current.fingerprint256);
    chain.push(current.toString());
    current = current.issuerCertificate;
  }
  return chain;
}

async function firstAnswer(socket: TLSSocket): Promise<HandshakeResult['outcome']> {
  return await new Promise((resolve) => {
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received);
      if (status !== null) resolve({ kind: 'answered', status: Number(status[1]) });
    });
    socket.on('error', (error) => resolve(refusal(error)));
    socket.on('end', () => resolve({ kind: 'refused', code: 'CLOSED', message: 'closed without an answer' }));
    socket.setTimeout(deadline('handshake'), () =>
      resolve({ kind: 'refused', code: 'TIMEOUT', message: `no answer; received ${received.length} bytes` }),
    );
  });
}

const requestOf = (agent: string) =>
  `GET /productpage HTTP/1.1\r\nHost: productpage\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`;

function refusal(error: unknown): { kind: 'refused'; code: string; message: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'refused', code: code ?? 'UNKNOWN', message };
}
