import { expect, it } from 'vitest';
import { upstreamsOf } from './connections.ts';

/** As Envoy 1.37 answers: counters are text, and left out for nought. */
const host = (address: string, stats: object[]) => ({
  address: { socket_address: { address, port_value: 9080 } },
  stats,
  health_status: { eds_health_status: 'HEALTHY' },
  weight: 1,
});

const answer = JSON.stringify({
  cluster_statuses: [
    {
      name: 'outbound|9080||productpage.bookinfo.svc.cluster.local',
      added_via_api: true,
      host_statuses: [
        host('10.42.0.7', [
          { value: '12', name: 'cx_total' },
          { name: 'rq_error' },
          { value: '4711', name: 'rq_total' },
          { type: 'GAUGE', name: 'cx_active' },
        ]),
        host('10.42.0.9', [{ name: 'cx_total' }, { name: 'rq_total' }]),
      ],
    },
    { name: 'outbound|15012||istiod.istio-system.svc.cluster.local' },
    { name: 'inbound|9080||', host_statuses: [host('10.42.0.1', [{ value: '3', name: 'cx_total' }])] },
    { name: 'xds-grpc', host_statuses: [{ address: { pipe: { path: './etc/istio/proxy/XDS' } }, stats: [] }] },
  ],
});

it('counts connections and requests for each endpoint of a service', () => {
  const service = 'productpage.bookinfo.svc.cluster.local';
  expect(upstreamsOf(answer)).toEqual([
    { service, podIp: '10.42.0.7', connections: 12, requests: 4711 },
    { service, podIp: '10.42.0.9', connections: 0, requests: 0 },
  ]);
});

it('knows no endpoint where there is no cluster', () => {
  expect(upstreamsOf('{}')).toEqual([]);
});
