import type { IssuedCa } from '../../verdict/judges/cert-manager.ts';
import { pemBundle } from '../../verdict/judges/proxy-certificates.ts';
import { createRoot } from '../../verdict/trust/issue.ts';
import { alter, type Forgery } from './forgery.ts';
import type { Recording } from './recording.ts';

/** What cert-manager says and keeps of the gateway plane's CA. */
export const CERT_MANAGER: readonly Forgery[] = [
  {
    name: 'certificate-not-ready',
    breaks: 'the gateway plane’s Certificate is not Ready',
    red: ['trust.cert-manager.certificates-ready'],
    forge: (recording) =>
      alterCa(recording, (ca) => ({
        ...ca,
        conditions: ca.conditions.map((condition) => ({ ...condition, status: 'False' })),
      })),
  },
  {
    name: 'cacerts-of-nobody',
    breaks: 'the gateway plane’s Secret cacerts belongs to no Certificate: somebody made it by hand',
    red: ['trust.cert-manager.cacerts-owned'],
    forge: (recording) => alterCa(recording, ({ owner: _, ...ca }) => ca),
  },
  {
    name: 'cacerts-renewed-behind-the-proxies',
    breaks:
      'the gateway plane’s Secret cacerts holds another CA of the same name than the gateway’s chain goes through',
    red: ['trust.cert-manager.cacerts-owned'],
    forge: async (recording) => {
      const { certificate } = await createRoot({
        commonName: 'SM OpenShift Ingress Intermediate CA',
        keyUsages: ['digitalSignature', 'keyEncipherment', 'keyCertSign', 'cRLSign'],
      });
      alterCa(recording, (ca) => ({ ...ca, ca: pemBundle(certificate.pem) }));
    },
  },
  {
    name: 'one-plane-without-certificate',
    breaks: 'cert-manager keeps a CA for the mesh plane alone',
    red: ['trust.cert-manager.certificates-ready', 'trust.cert-manager.cacerts-owned', 'trust.cert-manager.ca-usages'],
    forge: (recording) => alterCa(recording, () => undefined),
  },
];

function alterCa(recording: Recording, by: (ca: IssuedCa) => IssuedCa | undefined): void {
  const changed = <Seen extends { cas: IssuedCa[] }>(seen: Seen): Seen => ({
    ...seen,
    cas: seen.cas.flatMap((ca) => (ca.plane === 'gateway' ? (by(ca) ?? []) : ca)),
  });
  alter(recording, ['trust.cert-manager.certificates-ready', 'trust.cert-manager.ca-usages'], changed);
  alter(recording, ['trust.cert-manager.cacerts-owned'], changed);
}
