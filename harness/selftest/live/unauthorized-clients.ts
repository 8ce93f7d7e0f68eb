import { change as changeObject } from '../../cluster/ownership/objects.ts';
import type { Lab } from '../../lab/mesh/lab.ts';
import { fromProbe } from '../../lab/probe/http.ts';
import { listProxies } from '../../lab/probe/proxies.ts';
import { handshake } from '../../lab/probe/tls.ts';
import { restartWorkloads } from '../../lab/remedies/restart.ts';
import { createRoot, issueLeaf } from '../../verdict/trust/issue.ts';
import { isWhole } from './pages.ts';
import { change, type LiveSabotage, manual, put, type Scene, type Sign, until } from './scene.ts';

const AGENT = 'meshtrust/selftest';
const PORT = 9080;

/** Workloads that let somebody in who is to stay outside. */
export const UNAUTHORIZED_CLIENTS: readonly LiveSabotage[] = [
  {
    name: 'permissive',
    breaks: 'the mesh takes plaintext: PeerAuthentication PERMISSIVE',
    ...manual('plaintext-refused'),
    commit: async (scene) => {
      const { lab } = scene;
      const { namespace } = lab.distribution.planes.mesh;
      let takeBack = () => Promise.resolve();
      await change(scene, {
        act: async () => (takeBack = await changeObject(lab, peerAuthentication('default', namespace, 'PERMISSIVE'))),
        undo: () => takeBack(),
        ...takesPlaintext(lab, 'productpage'),
      });
    },
  },
  {
    name: 'permissive-on-one-workload',
    breaks: 'details alone takes plaintext, and productpage does not',
    ...manual('plaintext-refused'),
    commit: (scene) =>
      put(
        scene,
        peerAuthentication('details', 'bookinfo', 'PERMISSIVE', 'details'),
        takesPlaintext(scene.lab, 'details'),
      ),
  },
  {
    name: 'productpage-without-tls',
    breaks: 'productpage speaks plaintext only, with everybody; Bookinfo is whole',
    ...manual('peer-principal', 'plaintext-refused', 'foreign-ca-refused'),
    commit: async (scene) => {
      const { lab } = scene;
      // The gateway's connections from before would go on being encrypted for a while.
      const restart = () => restartWorkloads(lab, 'mesh', [{ namespace: 'bookinfo', name: 'productpage-v1' }]);
      scene.undo.defer(restart);
      const disabled = peerAuthentication('productpage', 'bookinfo', 'DISABLE', 'productpage');
      await put(scene, disabled, takesPlaintext(lab, 'productpage'));
      await restart();
      await until(isWhole(scene));
    },
  },
  {
    name: 'any-client-ca-accepted',
    breaks: 'productpage’s Envoy asks for a client certificate and takes one of any CA',
    ...manual('foreign-ca-refused'),
    commit: acceptAnyClient,
  },
];

/** Has productpage take a client certificate whoever has issued it. */
export async function acceptAnyClient(scene: Scene): Promise<void> {
  await put(scene, ANY_CLIENT_CA, {
    sign: 'productpage answers a client of a foreign CA',
    shows: () => answersForeigner(scene),
  });
}

const peerAuthentication = (name: string, namespace: string, mode: string, app?: string) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name, namespace },
  spec: { ...(app === undefined ? {} : { selector: { matchLabels: { app } } }), mtls: { mode } },
});

const ANY_CLIENT_CA = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'any-client-ca', namespace: 'bookinfo' },
  spec: {
    workloadSelector: { labels: { app: 'productpage' } },
    configPatches: [
      {
        applyTo: 'FILTER_CHAIN',
        match: { context: 'SIDECAR_INBOUND', listener: { filterChain: { transportProtocol: 'tls' } } },
        patch: {
          operation: 'MERGE',
          value: {
            transport_socket: {
              name: 'envoy.transport_sockets.tls',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
                common_tls_context: {
                  combined_validation_context: {
                    default_validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED' },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

const takesPlaintext = (lab: Lab, app: string): Sign => ({
  sign: `${app} answers plaintext`,
  shows: async () => {
    const host = await addressOf(lab, app);
    const answer = fromProbe(lab, 'outside', `http://${host}:${PORT}/health`, { agent: AGENT });
    return await answer.then(
      () => true,
      () => false,
    );
  },
});

async function answersForeigner({ lab, keepSecret }: Scene): Promise<boolean> {
  const foreign = await createRoot({ commonName: 'Foreign Root CA', days: 1 });
  const client = await issueLeaf(foreign, { spiffeId: 'spiffe://cluster.local/ns/bookinfo/sa/stranger', hours: 1 });
  for (const { privateKey } of [foreign, client]) keepSecret(privateKey.pem());
  const host = await addressOf(lab, 'productpage');
  const { outcome } = await handshake(lab, { host, port: PORT }, { client, agent: AGENT });
  return outcome.kind === 'answered';
}

async function addressOf(lab: Lab, app: string): Promise<string> {
  const proxy = (await listProxies(lab)).find((candidate) => candidate.app === app);
  if (proxy === undefined) throw new Error(`${app} has no proxy`);
  return proxy.podIp;
}
