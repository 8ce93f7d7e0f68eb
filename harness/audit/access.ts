import { defined } from '../common/defined.ts';
import { environmentFailure } from '../common/errors.ts';
import type { Kube } from '../cluster/kube/client.ts';
import { apiMessage, apiStatus } from '../cluster/kube/failure.ts';

export interface Access {
  /** API group; empty for the core group. */
  group: string;
  /** With the subresource, as RBAC writes it. */
  resource: string;
  verbs: readonly string[];
  /** What an audit without it does not know, as the end of a sentence. */
  without: string;
  /** Without it every edge that there is can still be judged, and none is hidden. */
  isBeside?: true;
}

/**
 * Every access that an audit makes. fixtures/rbac/observer.yaml grants all of them but Secrets. A port-forward is a
 * GET that becomes a web socket: `get`, and from Kubernetes 1.35 on `create` as well.
 */
export const ACCESSES = {
  pods: { group: '', resource: 'pods', verbs: ['list'], without: 'there is nothing to audit' },
  deployments: {
    group: 'apps',
    resource: 'deployments',
    verbs: ['list'],
    without: 'control planes are not found, and whether agents trust their istiod is not known',
  },
  configMaps: {
    group: '',
    resource: 'configmaps',
    verbs: ['get'],
    without: 'trust domains are read from certificates, and the roots that agents check istiod with are not known',
  },
  portForward: {
    group: '',
    resource: 'pods/portforward',
    verbs: ['get', 'create'],
    without:
      'neither Envoy nor istiod can be asked; proxies are judged by what they present on their own address, ' +
      'where that can be reached, and by the roots in their ConfigMaps',
  },
  workloadEntries: {
    group: 'networking.istio.io',
    resource: 'workloadentries',
    verbs: ['list'],
    without: 'whether machines outside the cluster are in the mesh is not known',
  },
  mutatingWebhooks: {
    group: 'admissionregistration.k8s.io',
    resource: 'mutatingwebhookconfigurations',
    verbs: ['list'],
    without: 'whether the API server trusts the istiods that inject sidecars is not known',
  },
  validatingWebhooks: {
    group: 'admissionregistration.k8s.io',
    resource: 'validatingwebhookconfigurations',
    verbs: ['list'],
    without: 'whether the API server trusts the istiods that validate configuration is not known',
  },
  peerAuthentications: {
    group: 'security.istio.io',
    resource: 'peerauthentications',
    verbs: ['list'],
    without: 'where servers do without mutual TLS is not known',
    isBeside: true,
  },
  destinationRules: {
    group: 'networking.istio.io',
    resource: 'destinationrules',
    verbs: ['list'],
    without: 'where clients do without mutual TLS, or demand other names of servers, is not known',
  },
  secrets: {
    group: '',
    resource: 'secrets',
    verbs: ['get'],
    without: 'what each istiod would issue from after a restart (cacerts, istio-ca-secret, istiod-tls) is not known',
    isBeside: true,
  },
} satisfies Record<string, Access>;

export type AccessName = keyof typeof ACCESSES;
const NAMES = Object.keys(ACCESSES) as AccessName[];

/** What the user may do, by SelfSubjectAccessReviews. */
export class Rights {
  readonly #held: ReadonlyMap<AccessName, 'everywhere' | ReadonlySet<string>>;

  constructor(held: ReadonlyMap<AccessName, 'everywhere' | ReadonlySet<string>>) {
    this.#held = held;
  }

  /** In one namespace; without one: in all of them. */
  may(access: AccessName, namespace?: string): boolean {
    const held = this.#held.get(access);
    return held === 'everywhere' || (namespace !== undefined && held?.has(namespace) === true);
  }
}

/**
 * Asks what may be done in the whole cluster, and where that is refused, in each of `namespaces`.
 * @throws Failure of the environment where the API does not even answer that.
 */
export async function readRights(kube: Kube, namespaces: readonly string[]): Promise<Rights> {
  const held = new Map<AccessName, 'everywhere' | ReadonlySet<string>>();
  await Promise.all(
    NAMES.map(async (name) => {
      if (await isAllowed(kube, ACCESSES[name])) return held.set(name, 'everywhere');
      const allowed = await Promise.all(namespaces.map((namespace) => isAllowed(kube, ACCESSES[name], namespace)));
      return held.set(name, new Set(namespaces.filter((_, at) => allowed[at])));
    }),
  );
  return new Rights(held);
}

async function isAllowed(kube: Kube, access: Access, namespace?: string): Promise<boolean> {
  const [resource, subresource] = access.resource.split('/');
  const answers = await Promise.all(
    access.verbs.map((verb) =>
      kube.authorization
        .createSelfSubjectAccessReview({
          body: {
            spec: {
              resourceAttributes: {
                verb,
                group: access.group,
                ...defined({ resource, subresource, namespace }),
              },
            },
          },
        })
        .catch((error: unknown) => {
          throw cannotAsk(kube, error);
        }),
    ),
  );
  return answers.every(({ status }) => status?.allowed === true);
}

/** A cluster that cannot be asked anything, as a failure with the next step. */
export function cannotAsk({ context, server }: Kube, error: unknown): Error {
  const cluster = `The cluster of context '${context}' at ${server}`;
  if (apiStatus(error) === undefined) {
    return environmentFailure(`${cluster} does not answer (${apiMessage(error)}).`, {
      next: 'Check that it runs and can be reached from here, for instance with `kubectl version`.',
      cause: error,
    });
  }
  return environmentFailure(`${cluster} lets you ask nothing (${apiMessage(error)}).`, {
    next: 'Check the credentials of the context, or choose another with --context.',
    cause: error,
  });
}

/** Where a list of a kind is served, of one namespace or of all. */
export function pathOf(access: AccessName, version: string, namespace?: string): string {
  const { group, resource } = ACCESSES[access];
  return `/apis/${group}/${version}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${resource}`;
}

/** `get configmaps`, `get and create pods/portforward`. */
export const nameOfAccess = ({ verbs, resource }: Access): string => `${verbs.join(' and ')} ${resource}`;
