import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { deadline } from '../../common/deadlines.ts';
import { endOfWork } from '../../common/ending.ts';
import { connectToPod } from '../../cluster/kube/port-forward.ts';
import { isReady, livePods } from '../../cluster/kube/rollout.ts';
import { INSIDE_PROBE, type Lab, OUTSIDE_PROBE } from '../mesh/lab.ts';

/** Where the probe pods are: in the mesh, with a sidecar, and outside of it. */
export type Place = 'inside' | 'outside';
const PROBES = { inside: INSIDE_PROBE, outside: OUTSIDE_PROBE };
/** Of fixtures/lab/probe.cjs, on the pod's loopback. */
const PORT = 3128;

/** A byte stream to an address as seen from a probe pod, by a port-forward to it and HTTP CONNECT (RFC 9110, 9.3.6). */
export async function tunnelFrom(lab: Lab, place: Place, target: { host: string; port: number }): Promise<Duplex> {
  const { namespace, name } = PROBES[place];
  const pod = (await livePods(lab.kube, namespace, `app=${name}`)).find(isReady);
  if (pod === undefined) throw new Error(`the probe ${place} of the mesh has no pod that is ready`);
  const stream = await connectToPod(lab.kube, { namespace, name: pod.metadata?.name ?? '' }, PORT);
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const patience = AbortSignal.timeout(deadline('handshake'));
  try {
    return await new Promise<Duplex>((resolve, reject) => {
      const outgoing = request({
        method: 'CONNECT',
        path: `${host}:${target.port}`,
        headers: { 'proxy-authorization': `Bearer ${lab.probeToken}` },
        createConnection: () => stream,
        signal: endOfWork(patience) ?? patience,
      });
      outgoing.on('connect', ({ statusCode, statusMessage = '' }, socket) => {
        if (statusCode === 200) resolve(socket);
        else reject(new Error(`the probe could not connect to ${host}:${target.port}: ${statusMessage}`));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  } catch (error) {
    stream.destroy();
    if (patience.aborted) throw new Error('the probe pod does not answer', { cause: error });
    throw error;
  }
}
