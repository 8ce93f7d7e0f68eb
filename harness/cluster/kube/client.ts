import {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type PatchStrategy,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { found } from './failure.ts';
import { insistingHttp } from './http.ts';
import { type ClusterChoice, openKubeconfig } from './kubeconfig.ts';

/** A cluster's API. Every call says who makes it: the user agent names the claim, see {@link Kube.as}. */
export interface Kube {
  readonly config: KubeConfig;
  /** Name of the context, and address of the API server. */
  readonly context: string;
  readonly server: string;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly objects: ObjectApi;
  /**
   * Milliseconds by which the API server's clock is ahead of ours, by the `Date` of its last answer; 0 before the first and
   * where the difference is smaller than the header's second can tell.
   */
  aheadBy(): number;
  /** Names the caller in the API's audit log and in `managedFields`. */
  as(who: string): void;
}

/** Any kind of object by its apiVersion and kind. */
export class ObjectApi extends KubernetesObjectApi {
  /**
   * Patches with exactly the JSON that is given: `patch` of the library sends an object through its own types first,
   * which drops every field they do not know (the `x-kubernetes-…` fields of a CRD, for one).
   */
  async send<T extends KubernetesObject>(
    object: KubernetesObject,
    strategy: PatchStrategy,
    query: Record<string, string> = {},
  ): Promise<T> {
    return await this.#call<T>('PATCH', await this.specUriPath(object, 'patch'), query, strategy, object);
  }

  /** Makes an object, of exactly the JSON that is given; fails with 409 where there is one of its name. */
  async make<T extends KubernetesObject>(object: KubernetesObject, query: Record<string, string> = {}): Promise<T> {
    return await this.#call<T>('POST', await this.specUriPath(object, 'create'), query, 'application/json', object);
  }

  /** The object as the API has it; `read` of the library makes dates and classes of some fields. */
  async look<T extends KubernetesObject>(object: KubernetesObject): Promise<T> {
    return await this.get<T>(await this.specUriPath(object, 'read'));
  }

  /** Deletes an object if it still is the one with this UID; fails with 409 where it is another (meta/v1, Preconditions). */
  async erase(object: KubernetesObject, uid: string): Promise<void> {
    const options = { preconditions: { uid }, propagationPolicy: 'Background' };
    await this.#call('DELETE', await this.specUriPath(object, 'delete'), {}, 'application/json', options);
  }

  async #call<T>(
    method: 'PATCH' | 'POST' | 'DELETE',
    path: string,
    query: Record<string, string>,
    type: string,
    body: object,
  ): Promise<T> {
    const context = this.configuration.baseServer.makeRequestContext(path, HttpMethod[method]);
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('Content-Type', type);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    context.setBody(JSON.stringify(body));
    return (await this.requestPromise(context, 'any')) as T;
  }

  /** Reads a path of the API as it answers, for what the library has no type for: discovery, lists of metadata. */
  async get<T>(path: string, query: Record<string, string> = {}, accept = 'application/json'): Promise<T> {
    const context = this.configuration.baseServer.makeRequestContext(path, HttpMethod.GET);
    context.setHeaderParam('Accept', accept);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    return (await this.requestPromise(context, 'any')) as T;
  }

  /** Whether the cluster serves a kind. */
  async serves(apiVersion: string, kind: string): Promise<boolean> {
    return (await found(this.resource(apiVersion, kind))) !== undefined;
  }
}

/** Connects to the cluster of a kubeconfig file, or to the one that kubectl would choose. Nothing is sent yet. */
export function connectKube(kubeconfig: string | undefined, choice: ClusterChoice = {}): Kube {
  const { config, context, server } = openKubeconfig(kubeconfig, choice);
  let agent = 'meshtrust';
  let ahead = 0;
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    httpApi: insistingHttp,
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: (context) => {
          context.setHeaderParam('User-Agent', agent);
          return Promise.resolve(context);
        },
        post: (context) => {
          ahead = aheadOf(context.headers['date']) ?? ahead;
          return Promise.resolve(context);
        },
      },
    ],
  });
  return {
    config,
    context,
    server,
    core: new CoreV1Api(configuration),
    apps: new AppsV1Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    objects: new ObjectApi(configuration),
    aheadBy: () => ahead,
    as: (who) => (agent = `meshtrust/${who}`),
  };
}

/** The header names a whole second, and the answer has been under way for a while. */
const TELLING = 2_000;

function aheadOf(date: string | undefined): number | undefined {
  const ahead = Date.parse(date ?? '') + 500 - Date.now();
  if (Number.isNaN(ahead)) return undefined;
  return Math.abs(ahead) < TELLING ? 0 : ahead;
}
