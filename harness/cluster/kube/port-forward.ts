import { PortForward } from '@kubernetes/client-node';
import { request } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import { type Deadline, deadline } from '../../common/deadlines.ts';
import { endOfWork } from '../../common/ending.ts';
import type { Kube } from './client.ts';
import { ApiFailure } from './failure.ts';

export interface PodRef {
  namespace: string;
  name: string;
}

/** A byte stream to a port on a pod's loopback, through the API server (subresource `pods/portforward`). */
export async function connectToPod(kube: Kube, pod: PodRef, port: number): Promise<Duplex> {
  const toPod = new PassThrough();
  const fromPod = new PassThrough();
  const errors = new PassThrough();
  const socket = await new PortForward(kube.config)
    .portForward(pod.namespace, pod.name, [port], fromPod, errors, toPod)
    .catch((error: unknown) => {
      // The library rejects with the web socket's event, which is no Error.
      const reason = (error as { message?: string }).message ?? String(error);
      throw new ApiFailure(`port-forward to ${pod.namespace}/${pod.name}`, reason, { cause: error });
    });
  const stream = Duplex.from({ writable: toPod, readable: fromPod });
  let failed = false;
  errors.on('data', (message: Buffer) => {
    failed = true;
    const failure = new Error(`port-forward to ${pod.name}: ${message.toString().trim()}`);
    // Data and errors are two channels. What was said before the error is still to be heard: a server's last word
    // says why it hung up.
    const heard = setInterval(() => {
      if (fromPod.readableLength + stream.readableLength === 0) stream.destroy(failure);
    }, deadline('lastWords'));
    stream.on('close', () => clearInterval(heard));
  });
  if (typeof socket !== 'function') {
    socket.onclose = () => failed || fromPod.end();
    stream.on('close', () => socket.close());
  }
  return stream;
}

/** GET over a port-forward; returns the body, fails on any status but 200. */
export async function getFromPod(
  kube: Kube,
  pod: PodRef,
  port: number,
  path: string,
  within: Deadline = 'request',
): Promise<string> {
  const stream = await connectToPod(kube, pod, port);
  const patience = AbortSignal.timeout(deadline(within));
  const signal = endOfWork(patience) ?? patience;
  try {
    return await new Promise<string>((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path, createConnection: () => stream, signal }, (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(body);
          else reject(new Error(`${pod.namespace}/${pod.name}:${port}${path} answered ${String(answer.statusCode)}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  } catch (error) {
    endOfWork()?.throwIfAborted();
    if (!patience.aborted) throw error;
    const seconds = deadline(within) / 1000;
    throw new Error(`${pod.namespace}/${pod.name}:${port} did not answer within ${seconds} s`, { cause: error });
  } finally {
    stream.destroy();
  }
}
