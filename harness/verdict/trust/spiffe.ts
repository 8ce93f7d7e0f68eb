import { type Certificate, certificateName } from '../../observations/certificate.ts';

/** The identity of a workload in the form Istio gives it: `spiffe://<trust domain>/ns/<namespace>/sa/<account>`. */
export interface SpiffeId {
  readonly uri: string;
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

// SPIFFE-ID sections 2.1 and 2.2: the characters of a trust domain and of a path segment.
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;
// SPIFFE-ID section 2.3.
const MOST_BYTES = 2048;

/** Reads a SPIFFE ID of Istio's form. Throws a sentence that quotes it and names the part that is wrong. */
export function parseSpiffeId(uri: string): SpiffeId {
  const wrong = (reason: string) => new Error(`"${uri.slice(0, 200)}" is not an Istio SPIFFE ID: ${reason}`);
  if (!uri.startsWith('spiffe://')) throw wrong('it does not begin with spiffe://');
  if (Buffer.byteLength(uri) > MOST_BYTES) throw wrong(`it is longer than ${MOST_BYTES} bytes`);
  const [trustDomain = '', ...path] = uri.slice('spiffe://'.length).split('/');
  if (!TRUST_DOMAIN.test(trustDomain)) {
    throw wrong(`the trust domain "${trustDomain}" may hold only lower-case letters, digits, ".", "-" and "_"`);
  }
  const [ns, namespace, sa, serviceAccount, ...rest] = path;
  if (ns !== 'ns' || sa !== 'sa' || namespace === undefined || serviceAccount === undefined || rest.length > 0) {
    throw wrong('its path is not /ns/<namespace>/sa/<service account>');
  }
  for (const segment of [namespace, serviceAccount]) {
    if (!SEGMENT.test(segment)) throw wrong(`"${segment}" is not a path segment SPIFFE allows`);
  }
  return { uri, trustDomain, namespace, serviceAccount };
}

/**
 * The SPIFFE ID a certificate asserts. Throws a sentence unless it has exactly one URI name, as the X.509-SVID
 * specification, section 2, requires, and that is of Istio's form.
 */
export function spiffeIdOf(certificate: Certificate): SpiffeId {
  const [uri, ...more] = certificate.uris;
  if (uri === undefined) throw new Error(`${certificateName(certificate)} has no URI name, so it asserts no SPIFFE ID`);
  if (more.length > 0) {
    throw new Error(
      `${certificateName(certificate)} has ${certificate.uris.length} URI names, an X.509-SVID has exactly one`,
    );
  }
  return parseSpiffeId(uri);
}

/** The URI of a service account's identity. Throws a sentence for a part that no SPIFFE ID can hold. */
export function workloadIdentity(workload: Omit<SpiffeId, 'uri'>): string {
  const { trustDomain, namespace, serviceAccount } = workload;
  return parseSpiffeId(`spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`).uri;
}
