import { usageFailure } from '../errors.ts';
import { apply } from '../kube/apply.ts';
import type { Lab } from '../mesh/lab.ts';
import { cacerts } from '../remedies/manual.ts';
import { type Joined, type KeepSecret, ORGANIZATION, ROOT_NAME } from '../remedies/remedy.ts';
import { restartGatewayPlane } from '../remedies/restart.ts';
import { type Authority, createIntermediate, createRoot } from '../trust/issue.ts';

/**
 * Ways to break a joined lab, one thing at a time, right after a remedy: a suite that stays green under any of them
 * proves nothing. Each is named after what it does.
 */
const SABOTAGES: Record<string, (lab: Lab, joined: Joined, keepSecret: KeepSecret) => Promise<void>> = {
  /** The gateway plane's intermediate has the right name and hangs under another root. */
  'gateway-under-another-root': async (lab, joined, keepSecret) => {
    const other = await createRoot({ commonName: 'Another Root CA' });
    await plugIntoGateway(lab, other, joined.intermediates.gateway, keepSecret);
  },
  /** The root of the gateway plane has the shared root's subject and another key. */
  'root-same-subject-other-key': async (lab, joined, keepSecret) => {
    const twin = await createRoot({ ...ORGANIZATION, commonName: ROOT_NAME });
    await plugIntoGateway(lab, twin, joined.intermediates.gateway, keepSecret);
  },
  /** The gateway plane issues from an intermediate under the shared root that bears the mesh plane's name. */
  'leaf-of-wrong-intermediate': async (lab, joined, keepSecret) => {
    await plugIntoGateway(lab, joined.root, joined.intermediates.mesh, keepSecret);
  },
  /** The mesh takes plaintext. */
  permissive: async (lab) => {
    const mode = {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'default', namespace: lab.distribution.planes.mesh.namespace },
      spec: { mtls: { mode: 'PERMISSIVE' } },
    };
    await apply(lab.kube, [mode], { runId: lab.runId });
  },
  /** The gateway answers 200 by itself, with nothing behind it. */
  'gateway-answers-itself': async (lab) => {
    await apply(lab.kube, [ANSWERING_FILTER], { runId: lab.runId });
  },
};

export const sabotageNames = () => Object.keys(SABOTAGES);

export async function sabotage(name: string, lab: Lab, joined: Joined, keepSecret: KeepSecret): Promise<void> {
  const commit = SABOTAGES[name];
  if (commit === undefined) {
    throw usageFailure(`Unknown sabotage '${name}'.`, { next: `Known are: ${sabotageNames().join(', ')}.` });
  }
  await commit(lab, joined, keepSecret);
}

async function plugIntoGateway(lab: Lab, root: Authority, commonName: string, keepSecret: KeepSecret): Promise<void> {
  const intermediate = await createIntermediate(root, { ...ORGANIZATION, commonName });
  for (const { privateKey } of [root, intermediate]) keepSecret(privateKey.pem());
  await apply(lab.kube, [cacerts(lab.distribution.planes.gateway, intermediate)], { runId: lab.runId });
  await restartGatewayPlane(lab);
}

const ANSWERING_FILTER = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'answers-itself', namespace: 'openshift-ingress', labels: { 'istio.io/rev': 'openshift-gateway' } },
  spec: {
    configPatches: [
      {
        applyTo: 'HTTP_FILTER',
        match: { context: 'GATEWAY' },
        patch: {
          operation: 'INSERT_FIRST',
          value: {
            name: 'answers-itself',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
              default_source_code: {
                inline_string:
                  'function envoy_on_request(handle) handle:respond({[":status"] = "200"}, "<title>Simple Bookstore App</title>") end',
              },
            },
          },
        },
      },
    ],
  },
};
