import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { type GeneralName, generalNameOf } from './names.ts';

/** The names of RFC 5280 section 4.2.1.3. */
export type KeyUsage = keyof typeof asn1.KeyUsageFlags;

export const EXTENDED_KEY_USAGES = { serverAuth: asn1.id_kp_serverAuth, clientAuth: asn1.id_kp_clientAuth } as const;

/** What a certificate says about its issuer's key (RFC 5280 section 4.2.1.1); identifiers and serial in hex. */
export interface AuthorityKeyIdentifier {
  readonly keyId: string | undefined;
  readonly issuers: readonly GeneralName[];
  readonly serial: string | undefined;
}

/** RFC 5280 section 4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
  /** A subtree sets minimum or maximum, which section 4.2.1.10 forbids and nothing implements. */
  readonly bounded: boolean;
}

/** The extensions of RFC 5280 a chain is judged by; `undefined` means that the extension is absent. */
export interface ExtensionValues {
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsages: readonly KeyUsage[] | undefined;
  /** `serverAuth`, `clientAuth`, any other purpose as its OID. */
  readonly extendedKeyUsages: readonly string[] | undefined;
  readonly alternativeNames: readonly GeneralName[];
  readonly nameConstraints: NameConstraints | undefined;
  readonly subjectKeyIdentifier: string | undefined;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  /** OIDs of the critical extensions: who does not know one must refuse the certificate (RFC 5280 section 4.2). */
  readonly criticalExtensions: readonly string[];
  /** OIDs of section 4.2.1.4. */
  readonly policies: readonly string[] | undefined;
  /** From how many certificates below this one on a policy is demanded (section 4.2.1.11, requireExplicitPolicy). */
  readonly explicitPolicyAfter: number | undefined;
}

/** Reads the extensions of a certificate. Throws a sentence for one that occurs twice or whose value is malformed. */
export function readExtensions(extensions: readonly asn1.Extension[]): ExtensionValues {
  const byId = new Map(extensions.map((extension) => [extension.extnID, extension]));
  if (byId.size !== extensions.length) throw new Error('it has the same extension twice (RFC 5280 section 4.2)');

  const read = <T>(id: string, type: new () => T): T | undefined => {
    const extension = byId.get(id);
    return extension === undefined ? undefined : AsnConvert.parse(extension.extnValue.buffer, type);
  };
  const basic = read(asn1.id_ce_basicConstraints, asn1.BasicConstraints);
  const usage = read(asn1.id_ce_keyUsage, asn1.KeyUsage)?.toNumber();
  const purposes = read(asn1.id_ce_extKeyUsage, asn1.ExtendedKeyUsage);
  const subjectKey = read(asn1.id_ce_subjectKeyIdentifier, asn1.SubjectKeyIdentifier);
  const authority = byId.get(asn1.id_ce_authorityKeyIdentifier);
  const constraints = read(asn1.id_ce_nameConstraints, asn1.NameConstraints);
  const policies = read(asn1.id_ce_certificatePolicies, asn1.CertificatePolicies);
  const policyConstraints = read(asn1.id_ce_policyConstraints, asn1.PolicyConstraints);
  const permitted = listOf(constraints?.permittedSubtrees);
  const excluded = listOf(constraints?.excludedSubtrees);
  return {
    isCa: basic?.cA ?? false,
    pathLength: basic?.pathLenConstraint,
    keyUsages: usage === undefined ? undefined : KEY_USAGES.filter((name) => (usage & asn1.KeyUsageFlags[name]) !== 0),
    extendedKeyUsages: purposes && listOf(purposes).map(purposeName),
    alternativeNames: listOf(read(asn1.id_ce_subjectAltName, asn1.SubjectAlternativeName)).map(generalNameOf),
    nameConstraints: constraints && {
      permitted: permitted.map(({ base }) => generalNameOf(base)),
      excluded: excluded.map(({ base }) => generalNameOf(base)),
      bounded: [...permitted, ...excluded].some(({ minimum, maximum }) => minimum !== 0 || maximum !== undefined),
    },
    subjectKeyIdentifier: subjectKey && hex(subjectKey.buffer),
    authorityKeyIdentifier: authority && authorityKeyIdentifierOf(authority),
    criticalExtensions: extensions.filter((one) => one.critical).map((one) => one.extnID),
    policies: policies && listOf(policies).map(({ policyIdentifier }) => policyIdentifier),
    explicitPolicyAfter:
      policyConstraints?.requireExplicitPolicy && Number.parseInt(hex(policyConstraints.requireExplicitPolicy), 16),
  };
}

/** Reads such an extension, of a certificate or of a list. */
export function authorityKeyIdentifierOf({ extnValue }: asn1.Extension): AuthorityKeyIdentifier {
  const value = AsnConvert.parse(extnValue.buffer, asn1.AuthorityKeyIdentifier);
  return {
    keyId: value.keyIdentifier && hex(value.keyIdentifier.buffer),
    issuers: (value.authorityCertIssuer ?? []).map(generalNameOf),
    serial: value.authorityCertSerialNumber && serialOf(value.authorityCertSerialNumber),
  };
}

/** A serial number in lower-case hex without the zero byte DER puts before a set top bit. */
export const serialOf = (der: ArrayBuffer): string => hex(der).replace(/^(00)+(?=..)/, '');

// A compiled enum maps its numbers back to the names as well.
const KEY_USAGES = Object.keys(asn1.KeyUsageFlags).filter((key) => !/^\d/.test(key)) as KeyUsage[];

/** A plain array: mapping one of the library's own would make another of that kind. */
const listOf = <T>(items: Iterable<T> | undefined): T[] => [...(items ?? [])];

const purposeName = (oid: string): string =>
  Object.entries(EXTENDED_KEY_USAGES).find(([, known]) => known === oid)?.[0] ?? oid;

/** In lower-case hex. */
export const hex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('hex');
