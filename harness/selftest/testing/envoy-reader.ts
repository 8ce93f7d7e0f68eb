import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempDisposableSync, renameSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { createRoot, issueLeaf } from '../../verdict/trust/issue.ts';
import type { Answer, Question } from './go-reader.ts';

/** What an Envoy is told of its peers, as istiod tells it. */
export interface EnvoyQuestion extends Question {
  /** Lists of what is revoked, in PEM; none unless given. */
  crl?: string;
  /** URI names one of which the peer must have: exactly for a client, as a prefix for a server; any unless given. */
  accepts?: { exact: readonly string[]; prefix: readonly string[] };
}

/** What two Envoys make of a chain, each from its end of a connection. */
export interface Both {
  /** An Envoy that calls another which presents the chain. */
  asClient: Answer;
  /** An Envoy that is called by another which presents it. */
  asServer: Answer;
}

const PATIENCE = 30_000;
const REFUSED = 'Envoy does not take such a configuration';
const TYPE = 'type.googleapis.com/envoy';

/**
 * Two ends of mutual TLS in one real Envoy, as istiod configures them: BoringSSL's rules and those of Envoy's own
 * validator. A question makes two listeners and two clusters, all on Unix sockets below one folder: one pair in which the
 * client verifies the chain, and one in which the server does.
 */
export class EnvoyReader implements AsyncDisposable {
  readonly #folder: ReturnType<typeof mkdtempDisposableSync>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #own: object;
  #round = 0;

  private constructor(program: string, scratch: string, own: { chain: string; key: string }) {
    this.#folder = mkdtempDisposableSync(join(scratch, 'e-'));
    this.#own = certificate(own);
    this.#write('lds.json', { resources: [this.#front()] });
    this.#write('cds.json', { resources: [] });
    writeFileSync(this.#at('envoy.json'), JSON.stringify(this.#bootstrap()));
    const words = ['-c', this.#at('envoy.json'), '--concurrency', '1', '--disable-hot-restart', '-l', 'off'];
    this.#child = spawn(program, words, { stdio: 'ignore' });
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** `scratch` is a folder with a short path, since that of a socket may have no more than 107 characters. */
  static async start(program: string, scratch: string): Promise<EnvoyReader> {
    const root = await createRoot({ commonName: 'Root of the reader' });
    const spiffeId = 'spiffe://cluster.local/ns/apps/sa/reader';
    const leaf = await issueLeaf(root, { spiffeId });
    const reader = new EnvoyReader(program, scratch, { chain: leaf.certificate.pem, key: leaf.privateKey.pem() });
    await reader.#waitFor('server.live', (value) => value === 1);
    return reader;
  }

  /** Asks about all at once; what was asked before is forgotten. */
  async ask(questions: readonly EnvoyQuestion[]): Promise<Both[]> {
    const round = ++this.#round;
    const names = questions.map((_, index) => `${round}-${index}`);
    const resources = (make: (name: string, question: EnvoyQuestion) => object[]) =>
      questions.flatMap((question, index) => make(names[index] ?? '', question));
    // Listeners first: what an answer is to come from has to be there when it is asked for.
    this.#write('lds.json', {
      version_info: String(round),
      resources: [this.#front(), ...resources((name, question) => this.#listeners(name, question))],
    });
    await this.#waitFor('listener_manager.lds.update_attempt', (value) => value > round);
    await this.#waitFor('listener_manager.total_listeners_warming', (value) => value === 0);
    this.#write('cds.json', {
      version_info: String(round),
      resources: resources((name, question) => this.#clusters(name, question)),
    });
    await this.#waitFor('cluster_manager.cds.update_attempt', (value) => value > round);
    const taken = await this.#taken();
    const ask = async (name: string): Promise<Answer> => {
      if (!taken.has(`${name} cluster`) || !taken.has(`${name} listener`)) return { accepted: false, says: REFUSED };
      const options = { socketPath: this.#at('front'), headers: { 'x-cluster': name, connection: 'close' } };
      const { status, body } = await http(options);
      return { accepted: status === 200, says: status === 200 ? '' : body };
    };
    return await pLimit(8).map(names, async (name) => ({
      asClient: await ask(`${name}-c`),
      asServer: await ask(`${name}-s`),
    }));
  }

  /** Names of all listeners and clusters that Envoy has not refused. */
  async #taken(): Promise<Set<string>> {
    const [clusters, listeners] = await Promise.all([
      this.#get('/clusters?format=json'),
      this.#get('/listeners?format=json'),
    ]);
    const named = (text: string, list: 'cluster_statuses' | 'listener_statuses', kind: string) =>
      (JSON.parse(text) as Partial<Record<typeof list, { name: string }[]>>)[list]?.map(
        ({ name }) => `${name} ${kind}`,
      );
    return new Set([
      ...(named(clusters, 'cluster_statuses', 'cluster') ?? []),
      ...(named(listeners, 'listener_statuses', 'listener') ?? []),
    ]);
  }

  async #waitFor(counter: string, holds: (value: number) => boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      await pause(20);
      const text = await this.#get(`/stats?filter=^${counter.replaceAll('.', '\\.')}$`).catch(() => '');
      if (holds(Number(/: (\d+)/.exec(text)?.[1] ?? NaN))) return;
      if (this.#child.exitCode !== null) throw new Error(`Envoy ended with ${this.#child.exitCode}`);
    }
    throw new Error(`Envoy's ${counter} did not come to what was waited for`);
  }

  readonly #get = async (path: string): Promise<string> => (await http({ socketPath: this.#at('admin'), path })).body;

  readonly #at = (name: string): string => join(this.#folder.path, name);

  /** By a rename, which is what Envoy watches for. */
  #write(name: string, value: object): void {
    writeFileSync(this.#at(`${name}.new`), JSON.stringify(value));
    renameSync(this.#at(`${name}.new`), this.#at(name));
  }

  #bootstrap(): object {
    const source = (name: string) => ({
      resource_api_version: 'V3',
      path_config_source: { path: this.#at(name), watched_directory: { path: this.#folder.path } },
    });
    const guard = 'envoy.reloadable_features.hide_transport_failure_reason_in_response_body';
    return {
      node: { id: 'reader', cluster: 'reader' },
      admin: { address: this.#pipe('admin') },
      dynamic_resources: { cds_config: source('cds.json'), lds_config: source('lds.json') },
      // The reason is wanted in the answer, where newer Envoys do not tell it.
      layered_runtime: { layers: [{ name: 'static', static_layer: { [guard]: false } }] },
    };
  }

  readonly #pipe = (name: string): object => ({ pipe: { path: this.#at(name) } });

  readonly #front = (): object =>
    this.#listener('front', { match: { prefix: '/' }, route: { cluster_header: 'x-cluster' } });

  readonly #listener = (name: string, route: object, tls?: object): object => ({
    '@type': `${TYPE}.config.listener.v3.Listener`,
    name,
    address: this.#pipe(name),
    filter_chains: [
      {
        filters: [httpFilter(route)],
        ...(tls === undefined
          ? {}
          : {
              transport_socket: {
                name: 'tls',
                typed_config: { '@type': `${TYPE}.extensions.transport_sockets.tls.v3.DownstreamTlsContext`, ...tls },
              },
            }),
      },
    ],
  });

  #listeners(name: string, question: EnvoyQuestion): object[] {
    const welcome = { match: { prefix: '/' }, direct_response: { status: 200 } };
    const presents = { common_tls_context: { ...TLS, tls_certificates: [certificate(question)] } };
    const verifies = {
      require_client_certificate: true,
      common_tls_context: { ...TLS, tls_certificates: [this.#own], ...validation(question, 'prefix') },
    };
    return [this.#listener(`${name}-c`, welcome, presents), this.#listener(`${name}-s`, welcome, verifies)];
  }

  #clusters(name: string, question: EnvoyQuestion): object[] {
    const cluster = (id: string, tls: object) => ({
      '@type': `${TYPE}.config.cluster.v3.Cluster`,
      name: id,
      connect_timeout: '5s',
      load_assignment: {
        cluster_name: id,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: this.#pipe(id) } }] }],
      },
      transport_socket: {
        name: 'tls',
        typed_config: {
          '@type': `${TYPE}.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
          common_tls_context: { ...TLS, ...tls },
        },
      },
    });
    return [
      cluster(`${name}-c`, { tls_certificates: [this.#own], ...validation(question, 'exact') }),
      cluster(`${name}-s`, { tls_certificates: [certificate(question)] }),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    this.#folder.remove();
  }
}

const httpFilter = (route: object): object => ({
  name: 'http',
  typed_config: {
    '@type': `${TYPE}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'http',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [{ name: 'router', typed_config: { '@type': `${TYPE}.extensions.filters.http.router.v3.Router` } }],
  },
});

// istio/istio, pilot/pkg/networking/core/cluster_tls.go and pilot/pkg/security/authn/utils/utils.go
const TLS = { tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' } };

const certificate = ({ chain, key }: { chain: string; key: string }): object => ({
  certificate_chain: { inline_string: chain },
  private_key: { inline_string: key },
});

/** Roots as the agent hands them out (security/pkg/nodeagent/sds/sdsservice.go), names as istiod asks for them. */
const validation = ({ roots, crl, accepts }: EnvoyQuestion, match: 'exact' | 'prefix'): object => ({
  validation_context: {
    trusted_ca: { inline_string: roots },
    ...(crl === undefined ? {} : { crl: { inline_string: crl } }),
    ...(accepts === undefined
      ? {}
      : {
          match_typed_subject_alt_names: accepts[match].map((name) => ({
            san_type: 'URI',
            matcher: { [match]: name },
          })),
        }),
  },
});

async function http(options: RequestOptions): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (body += chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
