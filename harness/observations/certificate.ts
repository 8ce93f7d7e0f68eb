import { createHash, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { type ExtensionValues, hex, readExtensions, serialOf } from './extensions.ts';
import { canonicalName } from './names.ts';
import { type PemBlock, type PemReader, readPem } from './pem.ts';
import { x509 } from './x509.ts';

/** An X.509 certificate as data; nothing in it is secret. */
export interface Certificate extends ExtensionValues {
  /** Re-encoded from {@link der}: 64 columns, no text around the block, a line feed at the end. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** As a person reads it, for instance `C=CH, O=SM, CN=Root CA`; empty for an Istio workload. */
  readonly subject: string;
  readonly issuer: string;
  readonly subjectCommonName: string | undefined;
  readonly issuerCommonName: string | undefined;
  /** As a verifier compares it, see {@link canonicalName}. */
  readonly canonicalSubject: string;
  readonly canonicalIssuer: string;
  /** DER of the names in hex: what a verifier compares that does not look into them. */
  readonly subjectBytes: string;
  readonly issuerBytes: string;
  /** Addresses in the subject, which e-mail constraints bind too (RFC 5280 section 4.2.1.10). */
  readonly subjectEmails: readonly string[];
  /** Lower-case hex. */
  readonly serial: string;
  /** Against RFC 5280 section 4.1.2.2. */
  readonly hasNegativeSerial: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string;
  /** SHA-256 over the SubjectPublicKeyInfo, lower-case hex: equal for two certificates of one key. */
  readonly keyFingerprint: string;
  /** Such as `RSA-4096` or `P-256`. */
  readonly keyAlgorithm: string;
  /** OID of the algorithm it is signed with. */
  readonly signatureAlgorithm: string;
  /** The signed and the unsigned statement of the signature algorithm are the same (RFC 5280 section 4.1.1.2). */
  readonly signatureAlgorithmsAgree: boolean;
}

/** Text that should have held certificates did not. Never quotes the text, which may hold a key. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * All certificates of a PEM bundle (RFC 7468), in order. Blocks of other types, such as keys, are passed over.
 * @throws CertificateError that counts to the certificate that is bad, or says that there is none.
 */
export function parseCertificates(pem: string): Certificate[] {
  const bodies = pem.split('-----BEGIN CERTIFICATE-----').slice(1);
  if (bodies.length === 0) throw new CertificateError('there is no CERTIFICATE block in the PEM text');
  return bodies.map((body, index) => {
    try {
      return readCertificate(decodeBody(body));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CertificateError(`certificate ${index + 1} of ${bodies.length} is bad: ${reason}`, { cause: error });
    }
  });
}

/** Certificates as a program finds them in a PEM text. */
export interface ReadBundle {
  readonly certificates: readonly Certificate[];
  /** What it passes over and why, a clause each. */
  readonly passedOver: readonly string[];
}

/**
 * The certificates that a program finds in a bundle of roots: Go passes over what it cannot read and what has headers
 * (CertPool.AppendCertsFromPEM); for Envoy one broken block spoils them all.
 */
export const readRoots = (pem: string, reader: PemReader): ReadBundle =>
  readBundle(pem, reader, ({ hasHeaders }) => !hasHeaders);

/** The same of a chain that is presented (tls.X509KeyPair). */
export const readChain = (pem: string, reader: PemReader): ReadBundle => readBundle(pem, reader, () => true);

function readBundle(pem: string, reader: PemReader, isTaken: (block: PemBlock) => boolean): ReadBundle {
  const { blocks, passedOver } = readPem(pem, reader);
  const certificates: Certificate[] = [];
  const broken: string[] = [];
  for (const block of blocks.filter(({ type }) => type === 'CERTIFICATE')) {
    try {
      if (isTaken(block)) certificates.push(readCertificate(block.der));
      else broken.push(`${reader} does not read a root whose block has headers`);
    } catch (error) {
      broken.push(`${reader} does not read a certificate: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const isSpoilt = reader === 'Envoy' && broken.length > 0;
  return { certificates: isSpoilt ? [] : certificates, passedOver: [...passedOver, ...broken] };
}

/**
 * The certificate of a PEM text that holds exactly one.
 * @throws CertificateError for none, a bad one or several.
 */
export function parseCertificate(pem: string): Certificate {
  const certificates = parseCertificates(pem);
  const [certificate] = certificates;
  if (certificate === undefined || certificates.length !== 1) {
    throw new CertificateError(`expected one certificate, the PEM text holds ${certificates.length}`);
  }
  return certificate;
}

/** Whether two certificates are the same bytes; a renewed certificate of the same key is another one. */
export function sameCertificate(a: Certificate, b: Certificate): boolean {
  return a.fingerprint === b.fingerprint;
}

/** Whether two bundles hold the same certificates byte for byte; order and repetition do not count. */
export function sameRoots(a: readonly Certificate[], b: readonly Certificate[]): boolean {
  const among = (roots: readonly Certificate[]) => (one: Certificate) =>
    roots.some((root) => sameCertificate(root, one));
  return a.every(among(b)) && b.every(among(a));
}

/** What a person calls a certificate: its subject, else its first URI, else its short fingerprint. */
export function certificateName(certificate: Certificate): string {
  if (certificate.subject !== '') return `"${certificate.subject}"`;
  return certificate.uris[0] ?? certificate.fingerprint.slice(0, 16);
}

/** One line for reports: name, issuer, validity in UTC, the first 16 digits of the fingerprint. */
export function describe(certificate: Certificate): string {
  const { issuer, notBefore, notAfter, fingerprint } = certificate;
  const validity = `valid ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
  return `${certificateName(certificate)}, issued by "${issuer}", ${validity}, sha256 ${fingerprint.slice(0, 16)}`;
}

function decodeBody(body: string): Uint8Array<ArrayBuffer> {
  const end = body.indexOf('-----END CERTIFICATE-----');
  if (end < 0) throw new Error('its END line is missing');
  const base64 = body.slice(0, end).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error('it is not base64');
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function readCertificate(der: Uint8Array<ArrayBuffer>): Certificate {
  // The ASN.1 library forgives what no TLS stack does, such as wrong lengths; Node's OpenSSL does not.
  const strict = new X509Certificate(der);
  if (!strict.raw.equals(der)) throw new Error('bytes follow the certificate');
  // Not validFromDate, which Node 24 fills with whatever was in memory when the time is malformed.
  const [notBefore, notAfter] = [new Date(strict.validFrom), new Date(strict.validTo)];
  // An invalid date would be neither before nor after any other, so valid for ever.
  if (Number.isNaN(notBefore.getTime() + notAfter.getTime())) throw new Error('its validity is not a time');
  const asn = AsnConvert.parse(der, asn1.Certificate);
  const { tbsCertificate: tbs } = asn;
  const extensions = readExtensions(tbs.extensions ?? []);
  const subject = new x509.Name(tbs.subject);
  const issuer = new x509.Name(tbs.issuer);
  const key = new x509.PublicKey(tbs.subjectPublicKeyInfo);
  const named = (form: string) => extensions.alternativeNames.filter((name) => name.form === form);
  return {
    ...extensions,
    pem: x509.PemConverter.encode(der, 'CERTIFICATE') + '\n',
    der,
    subject: subject.toString(),
    issuer: issuer.toString(),
    subjectCommonName: subject.getField('CN')[0],
    issuerCommonName: issuer.getField('CN')[0],
    canonicalSubject: canonicalName(subject),
    canonicalIssuer: canonicalName(issuer),
    subjectBytes: hex(AsnConvert.serialize(tbs.subject)),
    issuerBytes: hex(AsnConvert.serialize(tbs.issuer)),
    subjectEmails: subject.getField('E'),
    serial: serialOf(tbs.serialNumber),
    hasNegativeSerial: ((new Uint8Array(tbs.serialNumber)[0] ?? 0) & 0x80) !== 0,
    notBefore,
    notAfter,
    uris: named('uri').map(({ value }) => value),
    dnsNames: named('dns').map(({ value }) => value),
    fingerprint: sha256(der),
    keyFingerprint: sha256(new Uint8Array(key.rawData)),
    keyAlgorithm: keyAlgorithmOf(key),
    signatureAlgorithm: asn.signatureAlgorithm.algorithm,
    signatureAlgorithmsAgree: asn.signatureAlgorithm.isEqual(tbs.signature),
  };
}

function keyAlgorithmOf(key: x509.PublicKey): string {
  // The library declares the browser's `Algorithm`, which Node's types lack and which has no key sizes.
  const algorithm = key.algorithm as { name: string; modulusLength?: number; namedCurve?: string };
  if (algorithm.modulusLength !== undefined) return `RSA-${algorithm.modulusLength}`;
  return algorithm.namedCurve ?? algorithm.name;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
