import { faultOf, type MaybeFault } from '../../observations/fault.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { type Certificate, sameCertificate } from '../../observations/certificate.ts';
import { type PemBundle, certificatesIn, type RecordedCertificates, readCertificates } from './proxy-certificates.ts';

/** One plane's CA as cert-manager keeps it. */
export interface IssuedCa {
  plane: PlaneName;
  namespace: string;
  conditions: { type: string; status: string; message?: string }[];
  /** Name of the Certificate that the Secret `cacerts` says it belongs to; none if left out. */
  owner?: string;
  /** The `tls.crt` of that Secret, the CA first. */
  ca: PemBundle;
}

export interface IssuedCas {
  cas: IssuedCa[];
}

/** The usages of the article's Certificates under their names in RFC 5280, 4.2.1.3. */
const ASKED = ['cRLSign', 'digitalSignature', 'keyCertSign', 'keyEncipherment'];

export const certificatesReady = (seen: IssuedCas): MaybeFault[] =>
  eachCa(seen, ({ namespace, conditions }) => [
    conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
      ? undefined
      : `the Certificate of ${namespace} is not Ready`,
  ]);

/** Does each Secret belong to its Certificate, and does every chain go through the CA in it? */
export function cacertsOwned(seen: IssuedCas & RecordedCertificates): MaybeFault[] {
  const held = readCertificates(seen);
  return eachCa(seen, ({ plane, namespace, owner, ca }) => {
    const own = caIn(ca);
    const elsewhere = held.filter(
      ({ proxy, chain }) => proxy.plane === plane && !chain.some((one) => sameCertificate(one, own)),
    );
    return [
      owner === 'istio-ca' ? undefined : `cacerts in ${namespace} belongs to ${owner ?? 'no Certificate'}`,
      ...elsewhere.map(({ proxy }) =>
        faultOf(proxy, `the chain of ${proxy.name} does not go through the CA in ${namespace}`),
      ),
    ];
  });
}

/** Is each intermediate a CA, with exactly the key usages that were asked for? */
export const usagesAsAsked = (seen: IssuedCas): MaybeFault[] =>
  eachCa(seen, ({ namespace, ca }) => {
    const { isCa, keyUsages = [] } = caIn(ca);
    return [
      isCa ? undefined : `the intermediate of ${namespace} is no CA`,
      [...keyUsages].sort().join() === ASKED.join()
        ? undefined
        : `the intermediate of ${namespace} has the usages ${keyUsages.join(', ')}, not ${ASKED.join(', ')}`,
    ];
  });

const eachCa = ({ cas }: IssuedCas, judge: (ca: IssuedCa) => MaybeFault[]): MaybeFault[] =>
  PLANES.flatMap((plane) => {
    const own = cas.find((ca) => ca.plane === plane);
    return own === undefined ? [`the ${plane} plane has no CA of cert-manager's`] : judge(own);
  });

function caIn(ca: PemBundle): Certificate {
  const [first] = certificatesIn(ca);
  if (first === undefined) throw new Error('there is no CA in the Secret');
  return first;
}
