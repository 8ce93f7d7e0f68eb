import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Authority, createRoot, issueLeaf } from '../../verdict/trust/issue.ts';
import { handshakeOver } from './tls.ts';

/** A server that wants a client certificate of its own CA. */
const server = createTlsServer({ requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }, (socket) => {
  socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
});
let ca: Authority;
const spiffeId = 'spiffe://cluster.local/ns/bookinfo/sa/default';
const agent = 'meshtrust/test';

beforeAll(async () => {
  ca = await createRoot({ commonName: 'CA of the server' });
  const { certificate, privateKey } = await issueLeaf(ca, { spiffeId });
  server.setSecureContext({ cert: certificate.pem, key: privateKey.pem(), ca: ca.certificate.pem });
  server.on('tlsClientError', () => undefined);
  await listening(server);
});
afterAll(() => server.close());

it('hears the alert of a server that would reset the connection at another word', async () => {
  // Certificate, which is empty, and Finished.
  const { outcome, presented, protocol } = await handshakeOver(await resetAfterTwoRecords(), { agent });
  expect(outcome).toMatchObject({ kind: 'refused', code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
  expect({ presented: presented.length, protocol }).toEqual({ presented: 2, protocol: 'TLSv1.3' });
});

it('asks a server that has accepted it, as soon as its ticket is there', async () => {
  const client = await issueLeaf(ca, { spiffeId });
  const { outcome } = await handshakeOver(connect((server.address() as AddressInfo).port, '127.0.0.1'), {
    client,
    agent,
  });
  expect(outcome).toEqual({ kind: 'answered', status: 200 });
});

async function listening(one: Server): Promise<number> {
  await once(one.listen(0, '127.0.0.1'), 'listening');
  return (one.address() as AddressInfo).port;
}

/**
 * A way to the server on which a client that says more than its last flight of the handshake, two encrypted
 * records, is reset before it hears anything, as a kernel does it whose server hung up with something unread.
 */
async function resetAfterTwoRecords(): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const way = createTcpServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let said = Buffer.alloc(0);
    client.on('data', (chunk) => {
      said = Buffer.concat([said, chunk]);
      if (encryptedRecords(said) > 2) client.resetAndDestroy();
      else upstream.write(chunk);
    });
    // The last words take a while.
    upstream.on('data', (chunk) => setTimeout(() => client.write(chunk), 50));
    upstream.on('end', () => setTimeout(() => client.end(), 50));
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  onTestFinished(() => void way.close());
  return connect(await listening(way), '127.0.0.1');
}

/** Records of type application_data (RFC 8446, 5.1), which is what everything encrypted is. */
function encryptedRecords(said: Buffer): number {
  let count = 0;
  for (let at = 0; at + 5 <= said.length; at += 5 + said.readUInt16BE(at + 3)) if (said[at] === 23) count++;
  return count;
}
