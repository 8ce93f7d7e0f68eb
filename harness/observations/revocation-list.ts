import { createHash, verify, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { type Certificate, CertificateError } from './certificate.ts';
import { type AuthorityKeyIdentifier, authorityKeyIdentifierOf, hex, serialOf } from './extensions.ts';
import { canonicalName } from './names.ts';
import { readPem } from './pem.ts';
import { x509 } from './x509.ts';

/** A certificate revocation list (RFC 5280 section 5) as data. */
export interface RevocationList {
  /** As a person reads it. */
  readonly issuer: string;
  readonly canonicalIssuer: string;
  /** DER of the name in hex. */
  readonly issuerBytes: string;
  readonly thisUpdate: Date;
  /** Undefined: it never ends. */
  readonly nextUpdate: Date | undefined;
  /** Serial numbers in hex, as {@link Certificate.serial}. */
  readonly revoked: ReadonlySet<string>;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  /** OIDs of critical extensions, of the list or of an entry. */
  readonly criticalExtensions: readonly string[];
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string;
  readonly isSignedBy: (issuer: Certificate) => boolean;
}

/**
 * All lists that Envoy finds in a PEM text (RFC 7468, `X509 CRL`), in order; none of an empty one.
 * @throws CertificateError that counts to the list that is bad.
 */
export function parseRevocationLists(pem: string): RevocationList[] {
  const blocks = readPem(pem, 'Envoy').blocks.filter(({ type }) => type === 'X509 CRL');
  return blocks.map(({ der }, index) => {
    try {
      return readList(der);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CertificateError(`revocation list ${index + 1} of ${blocks.length} is bad: ${reason}`, {
        cause: error,
      });
    }
  });
}

function readList(der: Uint8Array<ArrayBuffer>): RevocationList {
  const list = AsnConvert.parse(der, asn1.CertificateList);
  const { tbsCertList: tbs } = list;
  // The library passes over what it does not expect: the entries of a list without nextUpdate, and empty lists of extensions,
  // with which Envoy 1.38 refuses the whole text.
  if (!Buffer.from(AsnConvert.serialize(list)).equals(der)) throw new Error('not all of it can be read');
  const extensions = tbs.crlExtensions ?? [];
  const entries = tbs.revokedCertificates ?? [];
  const identifier = extensions.find(({ extnID }) => extnID === asn1.id_ce_authorityKeyIdentifier);
  const critical = [...extensions, ...entries.flatMap(({ crlEntryExtensions }) => crlEntryExtensions ?? [])];
  const issuer = new x509.Name(tbs.issuer);
  return {
    issuer: issuer.toString(),
    canonicalIssuer: canonicalName(issuer),
    issuerBytes: hex(AsnConvert.serialize(tbs.issuer)),
    thisUpdate: tbs.thisUpdate.getTime(),
    nextUpdate: tbs.nextUpdate?.getTime(),
    revoked: new Set(entries.map(({ userCertificate }) => serialOf(userCertificate))),
    authorityKeyIdentifier: identifier && authorityKeyIdentifierOf(identifier),
    criticalExtensions: critical.filter((one) => one.critical).map(({ extnID }) => extnID),
    fingerprint: createHash('sha256').update(der).digest('hex'),
    isSignedBy: (authority) => isSigned(list, authority),
  };
}

/** Hashes by the algorithms of RFC 8017 and RFC 5758; Ed25519 has its own within. */
const HASHES: Record<string, string | null> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

function isSigned(
  { tbsCertList, tbsCertListRaw, signatureAlgorithm, signature }: asn1.CertificateList,
  by: Certificate,
) {
  const hash = HASHES[signatureAlgorithm.algorithm];
  if (hash === undefined) return false;
  const signed = Buffer.from(tbsCertListRaw ?? AsnConvert.serialize(tbsCertList));
  try {
    return verify(hash, signed, new X509Certificate(by.der).publicKey, Buffer.from(signature));
  } catch {
    // A key of another kind.
    return false;
  }
}
