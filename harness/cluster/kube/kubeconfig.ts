import { KubeConfig, type RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import { deadline } from '../../common/deadlines.ts';
import { environmentFailure, messageOf, usageFailure } from '../../common/errors.ts';

export interface ClusterChoice {
  /** The current context unless given. */
  context?: string;
  /** In whose name every call is made, as with `kubectl --as`. */
  as?: { user: string; groups?: readonly string[] };
}

export interface OpenedKubeconfig {
  config: KubeConfig;
  context: string;
  server: string;
}

/** What the library makes up where it finds nothing: a cluster on this machine, without TLS. */
const MADE_UP = 'loaded-context';

/** Whether kubectl would find one: else there is only what somebody names. */
export function hasKubeconfig(): boolean {
  try {
    const config = new KubeConfig();
    config.loadFromDefault();
    return !config.contexts.some(({ name }) => name === MADE_UP);
  } catch {
    // One that cannot be read is one that is there.
    return true;
  }
}

/**
 * Reads a kubeconfig file; without one what kubectl would take: the files of KUBECONFIG, else ~/.kube/config, else the
 * service account of the pod this runs in.
 */
export function openKubeconfig(file: string | undefined, choice: ClusterChoice): OpenedKubeconfig {
  const config = new Connection(choice.as);
  const name = file ?? 'that kubectl would use';
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw usageFailure(`The kubeconfig ${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const known = config.contexts.map((context) => context.name);
  if (file === undefined && known.includes(MADE_UP)) {
    throw usageFailure('There is no kubeconfig.', { next: 'Name one with --kubeconfig, or set KUBECONFIG.' });
  }
  if (choice.context !== undefined) {
    if (!known.includes(choice.context)) {
      throw usageFailure(`The kubeconfig ${name} has no context '${choice.context}'.`, {
        next: `It has: ${known.join(', ') || 'none'}.`,
      });
    }
    config.setCurrentContext(choice.context);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw usageFailure(`The kubeconfig ${name} has no current context.`, {
      next: `Choose a context: ${known.join(', ') || 'there is none'}.`,
    });
  }
  // The library refuses it, too, and only when it is asked for something.
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw usageFailure(
      `The API server ${cluster.server} is plain HTTP: anybody in between could read the credentials.`,
      {
        next: 'Use its https:// address; where that is meant, set insecure-skip-tls-verify for the cluster in the kubeconfig.',
      },
    );
  }
  return { config, context: config.getCurrentContext(), server: cluster.server };
}

type WebSocketOptions = Parameters<KubeConfig['applyToHTTPSOptions']>[0];
type DispatcherOptions = ReturnType<KubeConfig['createDispatcherOptions']>;

/** Acts in the name of somebody else where asked to; its web sockets end, whatever the other side does. */
class Connection extends KubeConfig {
  readonly #user: string | undefined;
  readonly #groups: readonly string[];
  /** What connections to the cluster are made with; other credentials, of a plug-in for one, make others. */
  #wanted = '';
  #shared: { options: string; dispatcher: Dispatcher } | undefined;

  constructor(as: ClusterChoice['as']) {
    super();
    this.#user = as?.user;
    this.#groups = as?.groups ?? [];
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context).catch((error: unknown) => {
      throw environmentFailure(`The credentials of this context cannot be had: ${messageOf(error)}`, {
        next: 'Log in again (kubectl auth whoami must work), then run the command again.',
        cause: error,
      });
    });
    this.#shareConnections(context);
    if (this.#user !== undefined) context.setHeaderParam(USER, this.#user);
    if (this.#groups.length === 0) return;
    const dispatcher = context.getDispatcher() ?? new Agent(SEPARATE_HEADERS);
    context.setDispatcher(dispatcher.compose(withHeader(GROUP, this.#groups)));
  }

  override createDispatcherOptions(...cluster: Parameters<KubeConfig['createDispatcherOptions']>): DispatcherOptions {
    const options = super.createDispatcherOptions(...cluster);
    this.#wanted = JSON.stringify(options);
    if (this.#groups.length === 0) return options;
    if (options.type === 'agent') return { ...options, connect: { ...options.connect, ...SEPARATE_HEADERS } };
    if (options.type === 'proxy') return { ...options, requestTls: { ...options.requestTls, ...SEPARATE_HEADERS } };
    return options;
  }

  /** The library has a connection made for each call, and the TLS handshake is most of what a call takes. */
  #shareConnections(context: RequestContext): void {
    const dispatcher = context.getDispatcher();
    if (dispatcher === undefined) return;
    if (this.#shared?.options !== this.#wanted) this.#shared = { options: this.#wanted, dispatcher };
    context.setDispatcher(this.#shared.dispatcher);
  }

  override async applyToHTTPSOptions(options: WebSocketOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    Object.assign(options, {
      handshakeTimeout: deadline('portForward'),
      closeTimeout: deadline('portForward'),
      headers: {
        ...options.headers,
        ...(this.#user === undefined ? {} : { [USER]: this.#user }),
        ...(this.#groups.length === 0 ? {} : { [GROUP]: [...this.#groups] }),
      },
    });
  }
}

const USER = 'impersonate-user';
const GROUP = 'impersonate-group';

/**
 * Kubernetes wants a header for each group and does not split one at its commas. fetch has only one header of a name,
 * so the headers are put in beneath it; and over HTTP/2 undici makes one of them again.
 */
const SEPARATE_HEADERS = { allowH2: false };

const withHeader =
  (name: string, values: readonly string[]): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch({ ...options, headers: { ...(options.headers as object), [name]: [...values] } }, handler);
