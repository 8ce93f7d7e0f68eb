import type { Kube } from '../../cluster/kube/client.ts';
import { getFromPod } from '../../cluster/kube/port-forward.ts';
import type { Lab } from '../mesh/lab.ts';
import { ADMIN_PORT } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { listProxies, type Proxy } from './proxies.ts';

/** A proxy and what it runs, by Envoy's own word. */
export interface ProxyVersion {
  proxy: string;
  app: string;
  plane: PlaneName;
  /** Version of Istio, as the agent put it into the bootstrap. */
  istio: string;
  /** Envoy's own version. */
  envoy: string;
}

interface ServerInfo {
  /** `COMMIT/VERSION/STATUS/BUILD/TLS-LIBRARY` (Envoy, admin interface, GET /server_info) */
  version: string;
  node?: { metadata?: { ISTIO_VERSION?: string } };
}

/** Versions of all proxies that serve now, read side by side. */
export async function readVersions(lab: Lab): Promise<ProxyVersion[]> {
  return await Promise.all((await listProxies(lab)).map((proxy) => readVersion(lab.kube, proxy)));
}

/** The version of one proxy. */
export async function readVersion(kube: Kube, proxy: Proxy): Promise<ProxyVersion> {
  const { version, node } = JSON.parse(await getFromPod(kube, proxy, ADMIN_PORT, '/server_info')) as ServerInfo;
  return {
    proxy: proxy.name,
    app: proxy.app,
    plane: proxy.plane,
    istio: node?.metadata?.ISTIO_VERSION ?? 'unknown',
    envoy: version.split('/')[1] ?? 'unknown',
  };
}
