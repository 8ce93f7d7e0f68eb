import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { deadline } from '../deadlines.ts';
import { type Lab, originOf } from '../mesh/lab.ts';
import type { PageAnswer } from '../judges/bookinfo.ts';

export interface RequestOptions {
  /** User agent: it stands in the access logs of gateway and sidecar, and so finds a request again there. */
  agent: string;
}

/** One GET through the gateway, on a new connection. */
export async function throughGateway(lab: Lab, path: string, options: RequestOptions): Promise<PageAnswer> {
  const dispatcher = new Agent();
  return await get(`${originOf(lab.ways.gateway)}${path}`, dispatcher, { host: lab.host, ...agent(options) });
}

/** One plaintext GET from a probe pod: from `inside` its sidecar speaks mutual TLS, from `outside` nobody does. */
export async function fromProbe(
  lab: Lab,
  place: 'inside' | 'outside',
  url: string,
  options: RequestOptions,
): Promise<PageAnswer> {
  const dispatcher = new ProxyAgent({ uri: originOf(lab.ways[place]), proxyTunnel: true });
  return await get(url, dispatcher, agent(options));
}

const agent = (options: RequestOptions) => ({ 'user-agent': options.agent });

async function get(url: string, dispatcher: Dispatcher, headers: Record<string, string>): Promise<PageAnswer> {
  try {
    const answer = await request(url, {
      dispatcher,
      headers,
      reset: true,
      signal: AbortSignal.timeout(deadline('request')),
    });
    const body = await answer.body.text();
    const flat = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
    return { status: answer.statusCode, headers: Object.fromEntries(flat) as Record<string, string>, body };
  } finally {
    await dispatcher.destroy();
  }
}
