import type { V1EndpointSlice } from '@kubernetes/client-node';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Kube } from './client.ts';
import { connectToPod, type PodRef } from './port-forward.ts';

export interface ServiceRef {
  namespace: string;
  name: string;
}

/** A way to a Service from this machine. */
export interface ServiceForward extends AsyncDisposable {
  /** On 127.0.0.1. */
  port: number;
}

/** A pod that serves, and on which port. */
interface Endpoint {
  pod: PodRef;
  port: number;
}

/**
 * Listens on 127.0.0.1 and takes each connection through the API server to a pod that serves the Service at that
 * moment, as kube-proxy would: pods may come and go meanwhile. `kubectl port-forward` stays with one pod.
 */
export async function forwardService(kube: Kube, service: ServiceRef): Promise<ServiceForward> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void forward(kube, service, turn++, socket).catch(() => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(kube: Kube, service: ServiceRef, turn: number, socket: Socket): Promise<void> {
  const endpoints = await endpointsOf(kube, service);
  const chosen = endpoints[turn % endpoints.length];
  if (chosen === undefined) throw new Error(`nobody serves ${service.namespace}/${service.name}`);
  const stream = await connectToPod(kube, chosen.pod, chosen.port);
  stream.on('error', () => socket.resetAndDestroy());
  stream.on('close', () => socket.end());
  socket.on('close', () => stream.destroy());
  socket.pipe(stream).pipe(socket);
}

/** The pods that serve now, and their port for the first port of the Service. */
async function endpointsOf(kube: Kube, { namespace, name }: ServiceRef): Promise<Endpoint[]> {
  const { items } = await kube.objects.get<{ items: V1EndpointSlice[] }>(
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    { labelSelector: `kubernetes.io/service-name=${name}` },
  );
  return items.flatMap(readyEndpoints);
}

/** What a slice has to send to; without the condition it counts as ready (Kubernetes API, EndpointConditions). */
export function readyEndpoints({ endpoints, ports }: V1EndpointSlice): Endpoint[] {
  const port = ports?.[0]?.port;
  if (port === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
    .flatMap(({ targetRef }) =>
      targetRef?.kind === 'Pod'
        ? [{ pod: { namespace: targetRef.namespace ?? '', name: targetRef.name ?? '' }, port }]
        : [],
    );
}
