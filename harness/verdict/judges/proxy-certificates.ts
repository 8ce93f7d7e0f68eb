import type { HeldByProxy, ProxyIdentity } from '../../observations/proxy.ts';
import { type Certificate, describe, parseCertificate, parseCertificates } from '../../observations/certificate.ts';

/** PEM as it was found, and a line for each certificate in it for whoever reads the evidence. Only the PEM is judged. */
export interface PemBundle {
  reads: string[];
  pem: string;
}

/** What all proxies held at an instant: each certificate once, and who presents and who trusts it. */
export interface RecordedCertificates {
  /** RFC 3339: the instant by which validity is judged, now or years later. */
  at: string;
  proxies: (ProxyIdentity & {
    /** Keys of `certificates`, leaf first, as it is presented to peers. */
    chain: string[];
    /** Keys of `certificates`: the validation context ROOTCA. */
    roots: string[];
  })[];
  /** By the first 16 digits of their fingerprints. */
  certificates: Record<string, PemBundle>;
}

export function pemBundle(pem: string): PemBundle {
  try {
    return { reads: parseCertificates(pem).map(describe), pem };
  } catch (error) {
    return { reads: [error instanceof Error ? error.message : String(error)], pem };
  }
}

/** @throws CertificateError where the PEM holds no certificate, or a bad one */
export const certificatesIn = ({ pem }: PemBundle): Certificate[] => parseCertificates(pem);

const keyOf = ({ fingerprint }: Certificate) => fingerprint.slice(0, 16);

export function recordCertificates(held: readonly HeldByProxy[], at: Date): RecordedCertificates {
  const all = held.flatMap(({ chain, roots }) => [...chain, ...roots]);
  return {
    at: at.toISOString(),
    proxies: held.map(({ proxy: { name, namespace, plane, serviceAccount }, chain, roots }) => ({
      ...{ name, namespace, plane, serviceAccount },
      chain: chain.map(keyOf),
      roots: roots.map(keyOf),
    })),
    certificates: Object.fromEntries(all.map((certificate) => [keyOf(certificate), pemBundle(certificate.pem)])),
  };
}

/** {@link recordCertificates} the other way round. Throws a sentence where a certificate is missing. */
export function readCertificates({ proxies, certificates }: RecordedCertificates): HeldByProxy[] {
  const parsed = new Map(Object.entries(certificates).map(([key, { pem }]) => [key, parseCertificate(pem)]));
  const named = (key: string): Certificate => {
    const certificate = parsed.get(key);
    if (certificate === undefined) throw new Error(`the evidence lacks the certificate ${key}`);
    return certificate;
  };
  return proxies.map(({ chain, roots, ...proxy }) => ({ proxy, chain: chain.map(named), roots: roots.map(named) }));
}
