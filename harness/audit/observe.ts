import pLimit from 'p-limit';
import type { Kube } from '../cluster/kube/client.ts';
import type { Progress } from '../common/progress.ts';
import type { Observation, ObservedBundle, ObservedProxy } from '../verdict/trust/graph/observation.ts';
import { readRights } from './access.ts';
import { readAuthorities } from './authorities.ts';
import { readBundles } from './bundles.ts';
import { Audit, type AuditOptions } from './context.ts';
import { findPlanes, findProxies, tellMachines } from './find.ts';
import { askEnvoy, DirectReach, type OwnWord, lookFromOutside } from './proxy-certificates.ts';
import { lookAtPlane } from './look-at-plane.ts';
import { type PlaneDeployment, planeOf } from './planes.ts';
import { tellPlaintext } from './plaintext.ts';
import type { ProxyPod } from './proxy-pods.ts';
import { readWebhooks } from './webhooks.ts';

/**
 * Looks at the trust of a cluster and changes nothing. What cannot be seen stands in the observation, as a sentence.
 * @throws Failure of the environment where the cluster does not answer, or pods may not be listed.
 */
export async function observe(
  kube: Kube,
  options: AuditOptions,
  progress: Pick<Progress, 'phase'>,
): Promise<Observation> {
  const { audit, planes, proxies } = await progress.phase('Find control planes and proxies', async () => {
    const audit = new Audit(kube, options, await readRights(kube, options.namespaces));
    return { audit, planes: await findPlanes(audit), proxies: await findProxies(audit) };
  });
  const [{ webhooks, observedPlanes }, bundles, authorities] = await progress.phase(
    'Look at control planes and their roots',
    () =>
      Promise.all([
        lookAtPlanes(audit, planes),
        readBundles(audit, planes, proxies),
        readAuthorities(audit, planes),
        tellMachines(audit),
        tellPlaintext(audit, planes),
      ]),
  );
  tellUnknownServers(audit, proxies, planes);
  const held = await progress.phase(`Look at ${proxies.length} proxies`, (say) =>
    lookAtProxies(audit, proxies, bundles, say),
  );
  return {
    at: audit.now,
    planes: observedPlanes,
    proxies: held.map(({ proxy, what }) => {
      const { id, namespace, name, app, kind, serves, serviceAccount, version } = proxy;
      const plane = planeOf(proxy, planes);
      const host = caBesideIstiod(proxy);
      const externalCa = host === undefined || isServedBy(host, planes) ? plane?.signer : host;
      const own = { id, namespace, name, app, kind, serves, serviceAccount, version };
      return { ...own, plane: plane?.id, externalCa, bundle: bundleOf(proxy), ...what };
    }),
    bundles,
    authorities,
    webhooks,
    unseen: audit.unseen,
    beside: audit.beside,
  };
}

async function lookAtPlanes(audit: Audit, planes: readonly PlaneDeployment[]) {
  const webhooks = await readWebhooks(audit, planes);
  const observedPlanes = await Promise.all(
    planes.map((plane) =>
      lookAtPlane(
        audit,
        plane,
        webhooks.some((one) => one.plane === plane.id),
      ),
    ),
  );
  return { webhooks, observedPlanes };
}

const bundleOf = ({ namespace, rootMap }: ProxyPod) => (rootMap === undefined ? undefined : `${namespace}/${rootMap}`);

async function lookAtProxies(
  audit: Audit,
  proxies: readonly ProxyPod[],
  bundles: readonly ObservedBundle[],
  say: (detail: string) => void,
): Promise<{ proxy: ProxyPod; what: OwnWord & Pick<ObservedProxy, 'seenAt'> }[]> {
  const { kube, rights, options } = audit;
  if (proxies.some(({ namespace }) => !rights.may('portForward', namespace))) audit.lacks('portForward');
  const reach = new DirectReach();
  let done = 0;
  return await pLimit(options.concurrency).map(proxies, async (proxy) => {
    const bundle = bundles.find(({ id }) => id === bundleOf(proxy))?.certificates;
    const what = rights.may('portForward', proxy.namespace)
      ? await askEnvoy(kube, proxy)
      : await lookFromOutside(proxy, bundle, reach);
    const seenAt = audit.now;
    say(`${++done} of ${proxies.length}`);
    return { proxy, what: { ...what, seenAt } };
  });
}

/** The host of a proxy's CA, where that is not its istiod; undefined where it is, or not told. */
const caBesideIstiod = ({ ca, istiod }: ProxyPod) => (ca === istiod ? undefined : ca);

const isServedBy = (host: string, planes: readonly PlaneDeployment[]): boolean =>
  planes.some(({ serverName }) => host === serverName || host.startsWith(`${serverName}.`));

/** Proxies whose istiod or CA is none of the planes that were found: that edge is not judged, and that is said. */
function tellUnknownServers(audit: Audit, proxies: readonly ProxyPod[], planes: readonly PlaneDeployment[]): void {
  // Who may look for control planes nowhere has been told so.
  if (audit.scopes('deployments').length === 0) return;
  for (const [what, hostOf] of [
    ['istiod', ({ istiod }: ProxyPod) => istiod],
    ['CA', caBesideIstiod],
  ] as const) {
    const groups = Map.groupBy(proxies, hostOf);
    for (const [host, those] of groups) {
      if (host === undefined || isServedBy(host, planes)) continue;
      audit.missed(
        `The ${what} at ${host}, which ${those.length} of the proxies call, is no control plane that was found here: ` +
          'whether their agents trust it is not known.',
      );
    }
  }
}
