import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as ask, type RequestOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:tls';
import { parse, stringify } from 'yaml';
import { createRoot, issueLeaf } from '../verdict/trust/issue.ts';

/** What goes wrong with one call to the API server, or from one call on. */
export const FAULTS = ['429', '503', '410', 'cut', 'lost answer', 'stall', 'expired', 'kill'] as const;
export type ApiFault = (typeof FAULTS)[number];

export interface FaultPlan {
  fault: ApiFault;
  /** The call it happens at, counted from 1. */
  at: number;
}

/** A proxy on loopback between the harness and an API server, that has one thing go wrong. */
export interface FaultyProxy extends AsyncDisposable {
  /** Path of a kubeconfig that leads through it. */
  kubeconfig: string;
  context: string;
  /** Starts to count anew; undefined for a proxy that only counts. `kill` is called for the fault of that name. */
  plan(plan: FaultPlan | undefined, kill: () => void): void;
  /** Calls since then, by method and path. */
  calls(): readonly string[];
}

interface Upstream {
  host: string;
  port: number;
  tls: Pick<RequestOptions, 'ca' | 'cert' | 'key'>;
}

/** Stands before the API server of a kubeconfig of k3d's (client certificates), with a server certificate of its own. */
export async function startFaultyProxy(kubeconfig: string, folder: string): Promise<FaultyProxy> {
  const { document, upstream } = readUpstream(kubeconfig);
  const root = await createRoot({ commonName: 'Fault proxy', days: 1 });
  const alternativeNames = [{ form: 'ip', value: '127.0.0.1' } as const];
  const leaf = await issueLeaf(root, { spiffeId: 'spiffe://meshtrust/fault-proxy', hours: 24, alternativeNames });
  let current: FaultPlan | undefined;
  let kill: () => void = () => undefined;
  let calls: string[] = [];
  let expired = false;
  const sockets = new Set<Socket>();

  /** Which fault befalls the call that came just now; none for most. */
  const befalls = (request: IncomingMessage): ApiFault | undefined => {
    calls.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (current?.at !== calls.length) return undefined;
    if (current.fault === 'expired') expired = true;
    return current.fault;
  };
  const server = createServer({ cert: leaf.chain.map(({ pem }) => pem).join(''), key: leaf.privateKey.pem() });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const fault = befalls(request);
    if (expired) refuse(response, 401, 'Unauthorized');
    else if (fault === undefined) forward(upstream, request, response);
    else strike(fault, upstream, request, response, kill);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const fault = befalls(request);
    if (fault === 'kill') kill();
    if (fault !== undefined || expired) socket.destroy();
    else tunnel(upstream, request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const path = `${folder}/through-proxy.yaml`;
  const [cluster] = document.clusters;
  if (cluster === undefined) throw new Error(`${kubeconfig} names no cluster`);
  cluster.cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(root.certificate.pem).toString('base64'),
  };
  writeFileSync(path, stringify(document), { mode: 0o600 });
  return {
    kubeconfig: path,
    context: document['current-context'],
    plan: (next, how) => {
      [current, kill, calls, expired] = [next, how, [], false];
    },
    calls: () => calls,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Kubeconfig {
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { user: Record<string, string> }[];
  'current-context': string;
}

function readUpstream(path: string): { document: Kubeconfig; upstream: Upstream } {
  const document = parse(readFileSync(path, 'utf8')) as Kubeconfig;
  const decode = (text = '') => Buffer.from(text, 'base64').toString();
  const cluster = document.clusters[0]?.cluster ?? {};
  const user = document.users[0]?.user ?? {};
  const { hostname, port } = new URL(cluster['server'] ?? '');
  const ca = decode(cluster['certificate-authority-data']);
  const [cert, key] = [decode(user['client-certificate-data']), decode(user['client-key-data'])];
  return { document, upstream: { host: hostname, port: Number(port), tls: { ca, cert, key } } };
}

function strike(
  fault: ApiFault,
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  kill: () => void,
): void {
  switch (fault) {
    case '429':
      refuse(response, 429, 'the server has asked for the client to be patient', { 'retry-after': '1' });
      break;
    case '503':
      refuse(response, 503, 'the server is currently unable to handle the request');
      break;
    case '410':
      refuse(response, 410, 'The provided continue parameter is too old');
      break;
    case 'expired':
      refuse(response, 401, 'Unauthorized');
      break;
    case 'cut':
      request.socket.destroy();
      break;
    case 'stall':
      break;
    case 'lost answer':
      forward(upstream, request, response, () => request.socket.destroy());
      break;
    case 'kill':
      forward(upstream, request, response);
      kill();
      break;
  }
}

function refuse(response: ServerResponse, code: number, message: string, headers: Record<string, string> = {}): void {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message };
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(status));
}

/** Passes a request on, and its answer back, unless something else is to become of that. */
function forward(
  { host, port, tls }: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  instead?: () => void,
): void {
  const { method, url: path, headers } = request;
  const onward = ask({ host, port, ...tls, method, path, headers, agent: false }, (answer) => {
    if (instead === undefined) {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    } else {
      answer.resume();
      instead();
    }
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

/** Passes a web socket on as it is. */
function tunnel({ host, port, tls }: Upstream, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const onward = connect({ host, port, ...tls }, () => {
    const lines = request.rawHeaders.flatMap((name, at, all) =>
      at % 2 === 0 ? [`${name}: ${all[at + 1] ?? ''}`] : [],
    );
    onward.write(`${request.method ?? ''} ${request.url ?? ''} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
  socket.on('close', () => onward.destroy());
}
