import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import { x509 } from '../../observations/x509.ts';

/** Kinds of key that a world may use, weak and strong. */
export const KEY_KINDS = ['P-256', 'P-384', 'P-521', 'RSA-1024', 'RSA-2048', 'RSA-4096', 'Ed25519'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export const HASHES = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export type Hash = (typeof HASHES)[number];

/** How a text of a distinguished name is encoded. */
export type StringType = 'utf8' | 'printable' | 'ia5' | 'teletex' | 'bmp';

export interface NameOf {
  text: string;
  type: StringType;
}

/** What a certificate says; every part as odd as wanted. */
export interface Statement {
  subject: readonly NameOf[];
  issuer: readonly NameOf[];
  /** Content octets of the INTEGER, in hex. */
  serial: string;
  notBefore: Date;
  notAfter: Date;
  extensions: readonly asn1.Extension[];
  /** Of the signature, if its kind of key has a choice. */
  hash: Hash;
}

/** A new key; RSA of 4096 bits takes seconds. */
export function newKey(kind: KeyKind): KeyObject {
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind.startsWith('RSA-')) {
    return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice('RSA-'.length)) }).privateKey;
  }
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey;
}

export const pemOfKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Makes a certificate by hand, since a library would refuse half of what others have to refuse; returns its DER. */
export function craft(statement: Statement, subjectKey: KeyObject, issuerKey: KeyObject): Uint8Array<ArrayBuffer> {
  const { subject, issuer, serial, notBefore, notAfter, extensions, hash } = statement;
  const algorithm = algorithmOf(issuerKey, hash);
  const tbs = new asn1.TBSCertificate({
    version: asn1.Version.v3,
    serialNumber: new Uint8Array(Buffer.from(serial, 'hex')).buffer,
    signature: algorithm,
    issuer: nameOf(issuer),
    validity: new asn1.Validity({ notBefore, notAfter }),
    subject: nameOf(subject),
    subjectPublicKeyInfo: publicKeyOf(subjectKey),
    ...(extensions.length === 0 ? {} : { extensions: new asn1.Extensions([...extensions]) }),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbs));
  const signature = sign(issuerKey.asymmetricKeyType === 'ed25519' ? null : hash, signed, issuerKey);
  const certificate = new asn1.Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: algorithm,
    signatureValue: new Uint8Array(signature).buffer,
  });
  return new Uint8Array(AsnConvert.serialize(certificate));
}

/** What a revocation list says. */
export interface ListStatement {
  issuer: readonly NameOf[];
  thisUpdate: Date;
  nextUpdate: Date;
  /** Serial numbers, as {@link Statement.serial}. */
  revoked: readonly string[];
  extensions: readonly asn1.Extension[];
  hash: Hash;
}

/** Makes a revocation list by hand; returns it in PEM. */
export function craftList(statement: ListStatement, issuerKey: KeyObject): string {
  const { issuer, thisUpdate, nextUpdate, revoked, extensions, hash } = statement;
  const algorithm = algorithmOf(issuerKey, hash);
  const tbs = new asn1.TBSCertList({
    version: asn1.Version.v2,
    signature: algorithm,
    issuer: nameOf(issuer),
    thisUpdate: new asn1.Time(thisUpdate),
    nextUpdate: new asn1.Time(nextUpdate),
    ...(extensions.length === 0 ? {} : { crlExtensions: [...extensions] }),
    ...(revoked.length === 0
      ? {}
      : {
          revokedCertificates: revoked.map(
            (serial) =>
              new asn1.RevokedCertificate({
                userCertificate: new Uint8Array(Buffer.from(serial, 'hex')).buffer,
                revocationDate: new asn1.Time(thisUpdate),
              }),
          ),
        }),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbs));
  const signature = sign(issuerKey.asymmetricKeyType === 'ed25519' ? null : hash, signed, issuerKey);
  const list = new asn1.CertificateList({
    tbsCertList: tbs,
    signatureAlgorithm: algorithm,
    signature: new Uint8Array(signature).buffer,
  });
  return `${x509.PemConverter.encode(AsnConvert.serialize(list), 'X509 CRL')}\n`;
}

export const pemOf = (der: Uint8Array<ArrayBuffer>): string => `${x509.PemConverter.encode(der, 'CERTIFICATE')}\n`;

const publicKeyOf = (key: KeyObject): asn1.SubjectPublicKeyInfo =>
  AsnConvert.parse(createPublicKey(key).export({ type: 'spki', format: 'der' }), asn1.SubjectPublicKeyInfo);

/** As most CAs make it: SHA-1 over the key's bits (RFC 5280 section 4.2.1.2, method 1). */
export const keyIdentifierOf = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(new Uint8Array(publicKeyOf(key).subjectPublicKey))
    .digest();

const RSA = { sha1: 5, sha256: 11, sha384: 12, sha512: 13 } satisfies Record<Hash, number>;
const ECDSA = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} satisfies Record<Hash, string>;

function algorithmOf({ asymmetricKeyType }: KeyObject, hash: Hash): asn1.AlgorithmIdentifier {
  if (asymmetricKeyType === 'ed25519') return new asn1.AlgorithmIdentifier({ algorithm: '1.3.101.112' });
  if (asymmetricKeyType === 'ec') return new asn1.AlgorithmIdentifier({ algorithm: ECDSA[hash] });
  return new asn1.AlgorithmIdentifier({ algorithm: `1.2.840.113549.1.1.${RSA[hash]}`, parameters: NULL });
}
const NULL = new Uint8Array([5, 0]).buffer;

const STRINGS: Record<StringType, keyof asn1.AttributeValue> = {
  utf8: 'utf8String',
  printable: 'printableString',
  ia5: 'ia5String',
  teletex: 'teletexString',
  bmp: 'bmpString',
};
const TYPES = ['2.5.4.3', '2.5.4.10', '2.5.4.6'] as const;

/** Common name, organization and country, as many as there are texts. */
const nameOf = (texts: readonly NameOf[]): asn1.Name =>
  new asn1.Name(
    texts.map(({ text, type }, place) => {
      const value = new asn1.AttributeValue({ [STRINGS[type]]: text });
      return new asn1.RelativeDistinguishedName([
        new asn1.AttributeTypeAndValue({ type: TYPES[place] ?? '2.5.4.11', value }),
      ]);
    }),
  );

/** An extension with a value of any ASN.1 type. */
export const extension = (extnID: string, critical: boolean, value: object): asn1.Extension =>
  new asn1.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

/** An extension whose value is these bytes. */
export const rawExtension = (extnID: string, critical: boolean, value: Uint8Array<ArrayBuffer>): asn1.Extension =>
  new asn1.Extension({ extnID, critical, extnValue: new OctetString(value) });
