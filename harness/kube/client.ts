import {
  ApiException,
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
import { deadline } from '../deadlines.ts';
import { messageOf } from '../errors.ts';
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
  /** Names the caller in the API's audit log and in `managedFields`. */
  as(who: string): void;
}

/** Any kind of object by its apiVersion and kind. */
export class ObjectApi extends KubernetesObjectApi {
  /**
   * Patches with exactly the JSON that is given: `patch` of the library sends an object through its own types first,
   * which drops every field they do not know (the `x-kubernetes-…` fields of a CRD, for one).
   */
  async send(object: KubernetesObject, strategy: PatchStrategy, query: Record<string, string> = {}): Promise<void> {
    const path = await this.specUriPath(object, 'patch');
    const context = this.configuration.baseServer.makeRequestContext(path, HttpMethod.PATCH);
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('Content-Type', strategy);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    context.setBody(JSON.stringify(object));
    await this.requestPromise(context);
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
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: (context) => {
          context.setHeaderParam('User-Agent', agent);
          context.setSignal(AbortSignal.timeout(deadline('apiCall')));
          return Promise.resolve(context);
        },
        post: (context) => Promise.resolve(context),
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
    as: (who) => (agent = `meshtrust/${who}`),
  };
}

/** HTTP status of an API error; undefined for anything else. */
export const apiStatus = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** What the API server said, without the headers that an ApiException prints too. */
export function apiMessage(error: unknown): string {
  if (!(error instanceof ApiException)) return messageOf(error);
  const body: unknown = error.body;
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: string };
    return `${String(error.code)}: ${status.message ?? JSON.stringify(body)}`;
  } catch {
    return `${String(error.code)}: ${String(body)}`;
  }
}

/** The object, or undefined where there is none of that name. */
export async function found<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (apiStatus(error) === 404) return undefined;
    throw error;
  }
}
