import type { KubernetesObject, V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import type { IncomingMessage } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { createRoot, issueLeaf } from '../../verdict/trust/issue.ts';
import { forwardPorts, type PodPorts } from './forward.ts';
import { allows, type PolicyRule, type Wish } from './rules.ts';

/** What the loopback API serves: objects by resource, what listens in its pods, what its only user may do. */
export interface LoopbackCluster {
  objects: Record<
    | 'pods'
    | 'deployments'
    | 'configmaps'
    | 'secrets'
    | 'mutatingwebhookconfigurations'
    | 'validatingwebhookconfigurations',
    KubernetesObject[]
  > &
    /** Undefined: the kind is not served. */
    Partial<Record<'workloadentries' | 'peerauthentications' | 'destinationrules', KubernetesObject[]>>;
  ports: PodPorts;
  rules: PolicyRule[];
}

/** A running API server on 127.0.0.1. */
export interface LoopbackApi extends AsyncDisposable {
  /** The text of a kubeconfig for it. */
  kubeconfig: string;
  /** Every request so far, as RBAC sees it, with the user it was made for. */
  asked: (Wish & { user: string; groups: string[] })[];
}

interface Request extends Wish {
  query: URLSearchParams;
}

/**
 * The part of the Kubernetes API that an audit uses, over TLS on 127.0.0.1: lists, single objects, access reviews and
 * port-forwards, under RBAC rules. For tests and measurements without a cluster.
 */
export async function startLoopbackApi(cluster: LoopbackCluster): Promise<LoopbackApi> {
  const root = await createRoot({ commonName: 'loopback' });
  const leaf = await issueLeaf(root, {
    spiffeId: 'spiffe://loopback/ns/default/sa/api',
    alternativeNames: [{ form: 'ip', value: '127.0.0.1' }],
  });
  const asked: LoopbackApi['asked'] = [];
  const permit = (incoming: Incoming): Request | undefined => {
    const request = requestOf(incoming);
    const as = { user: String(incoming.headers['impersonate-user'] ?? ''), groups: groupsOf(incoming) };
    // As from Kubernetes 1.35 on: opening a web socket to a pod is more than a GET.
    const verbs = request.resource === 'pods/portforward' ? [request.verb, 'create'] : [request.verb];
    const wishes = verbs.map((verb) => ({ ...request, verb }));
    asked.push(...wishes.map((wish) => ({ ...wish, ...as })));
    return wishes.every((wish) => allows(cluster.rules, wish)) ? request : undefined;
  };
  // HTTP/2 where the client can, as the real one does; web sockets come over HTTP/1.1.
  const server = createSecureServer(
    { allowHTTP1: true, cert: leaf.chain.map(({ pem }) => pem).join(''), key: leaf.privateKey.pem() },
    (incoming, answer) => {
      void reply(cluster, permit(incoming), incoming, answer);
    },
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  forwardPorts(server, cluster.ports, permit);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    kubeconfig: kubeconfigFor(server, root.certificate.pem),
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Incoming = IncomingMessage | Http2ServerRequest;

async function reply(
  { objects, rules }: LoopbackCluster,
  request: Request | undefined,
  incoming: Http2ServerRequest,
  answer: Http2ServerResponse,
): Promise<void> {
  const send = (code: number, body: object) => {
    answer.writeHead(code, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(body));
  };
  if (request === undefined) {
    send(403, { kind: 'Status', code: 403, message: `forbidden: ${incoming.method} ${incoming.url}` });
  } else if (request.resource === 'selfsubjectaccessreviews') {
    const { spec } = JSON.parse(await text(incoming)) as V1SelfSubjectAccessReview;
    const { verb = '', group = '', resource = '', subresource, namespace } = spec.resourceAttributes ?? {};
    const wish = { verb, group, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
    send(201, { spec, status: { allowed: allows(rules, { ...wish, namespace }) } });
  } else {
    const { resource, namespace, name, query } = request;
    const all = objects[resource as keyof typeof objects]?.filter(
      ({ metadata }) => namespace === undefined || metadata?.namespace === namespace,
    );
    const one = all?.find(({ metadata }) => metadata?.name === name);
    if (all !== undefined && name === undefined) send(200, page(all, query));
    else if (one !== undefined) send(200, one);
    else send(404, { kind: 'Status', code: 404, message: `${resource} "${name}" not found` });
  }
}

function page(objects: KubernetesObject[], query: URLSearchParams): object {
  const wanted = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
  const matching = objects.filter(({ metadata }) =>
    wanted.every((term) => {
      const [key = '', value] = term.split('=');
      return metadata?.labels?.[key] === value;
    }),
  );
  const from = Number(query.get('continue') ?? 0);
  const to = from + Number(query.get('limit') ?? matching.length);
  const rest = to < matching.length ? { continue: String(to) } : {};
  return { metadata: rest, items: matching.slice(from, to) };
}

/** `/apis/apps/v1/namespaces/x/deployments`, `/api/v1/namespaces/x/pods/y/portforward` */
function requestOf({ url = '', method }: Incoming): Request {
  const { pathname, searchParams } = new URL(url, 'https://loopback');
  const [, api, ...rest] = pathname.split('/');
  const [group, , ...path] = api === 'apis' ? rest : ['', ...rest];
  const [namespace, resource = '', name, subresource] = path[0] === 'namespaces' ? path.slice(1) : [undefined, ...path];
  return {
    group: group ?? '',
    verb: method === 'POST' ? 'create' : name === undefined ? 'list' : 'get',
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    query: searchParams,
  };
}

/** Each header by itself: Kubernetes does not take one header with commas for several groups. */
const groupsOf = ({ rawHeaders }: Incoming): string[] =>
  rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === 'impersonate-group' && at % 2 === 1);

function kubeconfigFor(server: Http2SecureServer, ca: string): string {
  const { port } = server.address() as AddressInfo;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'loopback',
    contexts: [{ name: 'loopback', context: { cluster: 'loopback', user: 'loopback' } }],
    clusters: [
      {
        name: 'loopback',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'loopback', user: {} }],
  });
}
