import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent, request as fetchOnce } from 'undici';
import { deadline } from '../../common/deadlines.ts';
import { endOfWork } from '../../common/ending.ts';
import type { PageAnswer } from '../../verdict/judges/bookinfo.ts';
import { type Lab, originOf } from '../mesh/lab.ts';
import { type Place, tunnelFrom } from './tunnel.ts';

export interface RequestOptions {
  /** User agent: it stands in the access logs of gateway and sidecar, and so finds a request again there. */
  agent: string;
}

/** One GET through the gateway, on a new connection. */
export async function throughGateway(lab: Lab, path: string, options: RequestOptions): Promise<PageAnswer> {
  const dispatcher = new Agent();
  try {
    const answer = await fetchOnce(`${originOf(lab.addresses.gateway)}${path}`, {
      dispatcher,
      headers: { host: lab.host, 'user-agent': options.agent },
      reset: true,
      signal: endOfWork(AbortSignal.timeout(deadline('request'))) ?? null,
    });
    return { status: answer.statusCode, headers: flat(answer.headers), body: await answer.body.text() };
  } finally {
    await dispatcher.destroy();
  }
}

/** One plaintext GET from a probe pod: from `inside` its sidecar speaks mutual TLS, from `outside` nobody does. */
export async function fromProbe(lab: Lab, place: Place, url: string, options: RequestOptions): Promise<PageAnswer> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? 80 : port) };
  const stream = await tunnelFrom(lab, place, target);
  try {
    return await get(stream, `${pathname}${search}`, { host, 'user-agent': options.agent, connection: 'close' });
  } finally {
    stream.destroy();
  }
}

async function get(stream: Duplex, path: string, headers: Record<string, string>): Promise<PageAnswer> {
  const patience = AbortSignal.timeout(deadline('request'));
  return await new Promise<PageAnswer>((resolve, reject) => {
    const outgoing = request(
      { path, headers, createConnection: () => stream, signal: endOfWork(patience) ?? patience },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: flat(answer.headers), body }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
