import { found } from '../../cluster/kube/failure.ts';
import type { Lab } from '../mesh/lab.ts';
import { CACERTS, CA_FILES, SELF_SIGNED_TYPE, TLS_FILES } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { CacertsForm } from '../../observations/remedies.ts';
import { CERTIFICATE_NAME } from './cert-manager.ts';
import { type Certificate, parseCertificates } from '../../observations/certificate.ts';

/** The public half of a plane's plugged-in CA, from the Secret `cacerts`. */
export interface PluggedIn extends CacertsForm {
  plane: PlaneName;
  intermediate: Certificate;
  roots: Certificate[];
}

/** Where each format keeps the CA's certificate and the root. */
const FILES = { istio: CA_FILES, 'kubernetes.io/tls': TLS_FILES } as const;

/** Reads a plane's plugged-in CA; undefined where it has none. The key stays where it is. */
export async function readPluggedIn(lab: Lab, plane: PlaneName): Promise<PluggedIn | undefined> {
  const { namespace } = lab.distribution.planes[plane];
  const secret = await found(lab.kube.core.readNamespacedSecret({ namespace, name: CACERTS }));
  if (secret === undefined || secret.type === SELF_SIGNED_TYPE) return undefined;
  const data = secret.data ?? {};
  const certificates = (file: string) => parseCertificates(Buffer.from(data[file] ?? '', 'base64').toString());
  const format = TLS_FILES.certificate in data ? 'kubernetes.io/tls' : 'istio';
  const keeper = secret.metadata?.annotations?.[CERTIFICATE_NAME] === undefined ? undefined : 'cert-manager';
  const files = FILES[format];
  const [intermediate] = certificates(files.certificate);
  if (intermediate === undefined) throw new Error(`the Secret cacerts of ${namespace} holds no certificate`);
  return { plane, format, keeper, intermediate, roots: certificates(files.root) };
}
