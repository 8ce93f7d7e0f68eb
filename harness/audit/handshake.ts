import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { defined } from '../common/defined.ts';
import { type Deadline, deadline } from '../common/deadlines.ts';
import { presentedChain } from '../lab/probe/tls.ts';
import { type Certificate, parseCertificates } from '../observations/certificate.ts';

export interface HandshakeOptions {
  serverName?: string;
  protocols: string[];
  within: Deadline;
}

/** What a TLS server presents to a client without a certificate, leaf first. The stream ends with the handshake. */
export async function presentedOn(stream: Duplex, options: HandshakeOptions): Promise<Certificate[]> {
  const socket = connectTls({
    socket: stream,
    ALPNProtocols: options.protocols,
    // What is presented is what we are after; whether it is good is for the judge to say.
    rejectUnauthorized: false,
    ...defined({ servername: options.serverName }),
  });
  // A server that demands a client's certificate says so after the handshake, when nobody listens any more.
  socket.on('error', () => undefined);
  try {
    return parseCertificates((await presentedChain(socket, options.within)).join(''));
  } finally {
    socket.destroy();
    stream.destroy();
  }
}

/** A connection to an address that may lead nowhere. */
export async function connectDirectly(host: string, port: number, within: Deadline): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, timeout: deadline(within) });
    socket.once('connect', () => resolve(socket));
    socket.once('timeout', () => socket.destroy(new Error(`${host}:${port} does not answer`)));
    socket.once('error', reject);
  });
}
