import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Wish } from './rules.ts';

/** What listens in pods: takes a connection; undefined where nothing listens. */
export type PodPorts = (pod: string, port: number) => ((connection: Duplex) => void) | undefined;

const DATA = 0;
const ERROR = 1;

/**
 * The port-forward of the kubelet over web sockets (v4.channel.k8s.io): two channels a port, data and error, each of
 * which begins with the port's number.
 */
export function forwardPorts(
  server: Http2SecureServer,
  ports: PodPorts,
  permit: (incoming: IncomingMessage) => (Wish & { query: URLSearchParams }) | undefined,
): void {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const request = permit(incoming);
    if (request === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const pod = `${request.namespace ?? ''}/${request.name ?? ''}`;
    const port = Number(request.query.get('ports'));
    sockets.handleUpgrade(incoming, socket, head, (web) => {
      const number = Buffer.alloc(2);
      number.writeUInt16LE(port);
      for (const channel of [DATA, ERROR]) web.send(Buffer.from([channel, ...number]));
      const listen = ports(pod, port);
      if (listen === undefined) web.send(Buffer.concat([Buffer.from([ERROR]), Buffer.from('connection refused')]));
      else listen(connectionOver(web));
    });
  });
}

function connectionOver(web: WebSocket): Duplex {
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => web.send(Buffer.concat([Buffer.from([DATA]), chunk]), () => done()),
    final: (done) => {
      web.close();
      done();
    },
    destroy: (error, done) => {
      // As the kubelet does it: the error is told, then both channels end.
      if (error === null) web.terminate();
      else web.send(Buffer.concat([Buffer.from([ERROR]), Buffer.from(error.message)]), () => web.close());
      done(error);
    },
  });
  web.on('message', (message: Buffer) => connection.push(message.subarray(1)));
  web.on('close', () => connection.push(null));
  // Whoever was there has gone: nothing that a server has to do about it.
  connection.on('error', () => undefined);
  return connection;
}
