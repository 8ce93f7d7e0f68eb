import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { EXTENDED_KEY_USAGES, type KeyUsage } from '../../observations/extensions.ts';
import type { GeneralName, NameForm } from '../../observations/names.ts';
import type { PrivateKey } from './private-key.ts';
import { x509 } from '../../observations/x509.ts';

/** What the extensions of a new certificate say; `unstated` leaves one out that would be there by default. */
export interface ExtensionOptions {
  readonly isCa?: boolean | 'unstated';
  /** How many intermediates may follow (RFC 5280 section 4.2.1.9); without limit unless given. */
  readonly pathLength?: number;
  readonly keyUsages?: readonly KeyUsage[] | 'unstated';
  /** `serverAuth`, `clientAuth` or OIDs. */
  readonly extendedKeyUsages?: readonly string[] | 'unstated';
  /** A leaf's SPIFFE ID comes before these. Directory names as `C=CH, O=SM`, addresses of constraints as `10.0.0.0/8`. */
  readonly alternativeNames?: readonly GeneralName[];
  readonly nameConstraints?: {
    readonly permitted?: readonly GeneralName[];
    readonly excluded?: readonly GeneralName[];
  };
  /** Hex; the issuer's subject key identifier unless given. */
  readonly authorityKeyIdentifier?: string;
  /** Whether to put in subject and authority key identifiers; yes unless given. */
  readonly keyIdentifiers?: boolean;
  /** Extensions beyond these, as they are. */
  readonly others?: readonly {
    readonly oid: string;
    readonly critical: boolean;
    readonly value: Uint8Array<ArrayBuffer>;
  }[];
}

/** Builds the extensions of RFC 5280 in the order and criticality that openssl and istiod use. */
export async function extensionsFor(
  options: ExtensionOptions,
  key: PrivateKey,
  issuerKeyIdentifier: string | undefined,
  subject: x509.Name,
): Promise<x509.Extension[]> {
  const extensions: x509.Extension[] = [];
  const { isCa = 'unstated', keyUsages = 'unstated', extendedKeyUsages = 'unstated' } = options;
  if (isCa !== 'unstated') extensions.push(new x509.BasicConstraintsExtension(isCa, options.pathLength, true));
  if (keyUsages !== 'unstated') {
    const bits = keyUsages.reduce((sum, usage) => sum | asn1.KeyUsageFlags[usage], 0);
    const value = AsnConvert.serialize(new asn1.KeyUsage(bits));
    extensions.push(new x509.Extension(asn1.id_ce_keyUsage, true, value));
  }
  if (extendedKeyUsages !== 'unstated') {
    const known: Record<string, string> = EXTENDED_KEY_USAGES;
    extensions.push(new x509.ExtendedKeyUsageExtension(extendedKeyUsages.map((usage) => known[usage] ?? usage)));
  }
  if (options.keyIdentifiers !== false) {
    const authority = options.authorityKeyIdentifier ?? issuerKeyIdentifier;
    extensions.push(await x509.SubjectKeyIdentifierExtension.create(key.publicKey));
    if (authority !== undefined) extensions.push(new x509.AuthorityKeyIdentifierExtension(authority));
  }
  const names = (options.alternativeNames ?? []).map(generalName);
  if (names.length > 0) {
    // RFC 5280 section 4.2.1.6: critical where they stand in for the subject.
    const critical = subject.toString() === '';
    const value = AsnConvert.serialize(new asn1.SubjectAlternativeName(names));
    extensions.push(new x509.Extension(asn1.id_ce_subjectAltName, critical, value));
  }
  if (options.nameConstraints !== undefined) extensions.push(nameConstraintsExtension(options.nameConstraints));
  const others = (options.others ?? []).map(({ oid, critical, value }) => new x509.Extension(oid, critical, value));
  return [...extensions, ...others];
}

function nameConstraintsExtension(constraints: NonNullable<ExtensionOptions['nameConstraints']>): x509.Extension {
  const subtrees = (bases: readonly GeneralName[]) =>
    new asn1.GeneralSubtrees(bases.map((base) => new asn1.GeneralSubtree({ base: generalName(base) })));
  const value = new asn1.NameConstraints();
  if (constraints.permitted !== undefined) value.permittedSubtrees = subtrees(constraints.permitted);
  if (constraints.excluded !== undefined) value.excludedSubtrees = subtrees(constraints.excluded);
  return new x509.Extension(asn1.id_ce_nameConstraints, true, AsnConvert.serialize(value));
}

const FIELDS: Record<Exclude<NameForm, 'directory' | 'other'>, keyof asn1.GeneralName> = {
  dns: 'dNSName',
  uri: 'uniformResourceIdentifier',
  email: 'rfc822Name',
  ip: 'iPAddress',
};

function generalName({ form, value }: GeneralName): asn1.GeneralName {
  if (form === 'other') throw new Error('names of other forms cannot be written into a certificate');
  if (form !== 'directory') return new asn1.GeneralName({ [FIELDS[form]]: value });
  return new asn1.GeneralName({ directoryName: AsnConvert.parse(new x509.Name(value).toArrayBuffer(), asn1.Name) });
}
