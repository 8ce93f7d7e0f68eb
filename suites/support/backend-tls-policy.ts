import type { KubernetesObject } from '@kubernetes/client-node';
import { type Lab, TRUST_DOMAIN } from '../../harness/lab/mesh/lab.ts';
import { eventually } from '../../harness/common/retry.ts';
import type { Certificate } from '../../harness/observations/certificate.ts';
import { workloadIdentity } from '../../harness/verdict/trust/spiffe.ts';

const POLICY = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'BackendTLSPolicy' };
const NAME = { name: 'productpage', namespace: 'bookinfo' };
const IDENTITY = { trustDomain: TRUST_DOMAIN, namespace: 'bookinfo', serviceAccount: 'bookinfo-productpage' };
const ROOT = 'mesh-root';

/** A BackendTLSPolicy for productpage with all it can say: its root, in a ConfigMap, and its identity. */
export const backendTlsPolicy = (root: Certificate, labels: Record<string, string>) => [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: ROOT, namespace: NAME.namespace },
    data: { 'ca.crt': root.pem },
  },
  {
    ...POLICY,
    metadata: { ...NAME, labels },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'productpage' }],
      validation: {
        caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: ROOT }],
        hostname: 'productpage.bookinfo.svc.cluster.local',
        subjectAltNames: [{ type: 'URI', uri: workloadIdentity(IDENTITY) }],
      },
    },
  },
];

interface Ancestor {
  controllerName: string;
  conditions: { type: string; status: string; message: string }[];
}

/** Waits until a controller has accepted the policy with all that it refers to; returns what it says of it. */
export const policyAccepted = async (lab: Lab, controllerName: string): Promise<Ancestor> =>
  await eventually(
    async () => {
      const policy = await lab.kube.objects.read<KubernetesObject & { status?: { ancestors?: Ancestor[] } }>({
        ...POLICY,
        metadata: NAME,
      });
      const ancestor = policy.status?.ancestors?.find((one) => one.controllerName === controllerName);
      if (ancestor === undefined) throw new Error(`${controllerName} has not said anything of it`);
      const refused = ancestor.conditions.find(({ status }) => status !== 'True');
      if (refused !== undefined) throw new Error(`${refused.type}: ${refused.message}`);
      return ancestor;
    },
    { waitingFor: 'the BackendTLSPolicy to be accepted', within: 'converge' },
  );
