import type { KubernetesObject } from '@kubernetes/client-node';
import { found } from '../../cluster/kube/failure.ts';
import type { Lab } from '../mesh/lab.ts';
import { CACERTS } from '../../observations/istio.ts';
import { PLANES } from '../../observations/planes.ts';
import { type Certificate, parseCertificates } from '../../observations/certificate.ts';

/** cert-manager puts it on the Secrets that it keeps (cert-manager documentation, «Annotations»). */
export const CERTIFICATE_NAME = 'cert-manager.io/certificate-name';

/** One plane's CA as cert-manager keeps it; of the Secret only its certificate and annotations are looked at. */
export interface CaCertificate {
  namespace: string;
  conditions: { type: string; status: string; message?: string }[];
  /** Name of the Certificate that the Secret says it belongs to. */
  owner: string | undefined;
  ca: Certificate;
}

export async function readCaCertificates(lab: Lab): Promise<CaCertificate[]> {
  return await Promise.all(PLANES.map((plane) => readOne(lab, lab.distribution.planes[plane].namespace)));
}

async function readOne(lab: Lab, namespace: string): Promise<CaCertificate> {
  const certificate = await found(
    lab.kube.objects.read<KubernetesObject & { status?: Pick<CaCertificate, 'conditions'> }>({
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'istio-ca', namespace },
    }),
  );
  if (certificate === undefined) throw new Error(`${namespace} has no Certificate istio-ca`);
  const secret = await found(lab.kube.core.readNamespacedSecret({ namespace, name: CACERTS }));
  const pem = Buffer.from(secret?.data?.['tls.crt'] ?? '', 'base64').toString();
  const [ca] = pem === '' ? [] : parseCertificates(pem);
  if (ca === undefined) throw new Error(`the Secret cacerts of ${namespace} holds no tls.crt`);
  return {
    namespace,
    conditions: certificate.status?.conditions ?? [],
    owner: secret?.metadata?.annotations?.[CERTIFICATE_NAME],
    ca,
  };
}
