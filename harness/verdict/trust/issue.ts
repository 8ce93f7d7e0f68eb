import { type Certificate, parseCertificate } from '../../observations/certificate.ts';
import { type ExtensionOptions, extensionsFor } from './issue-extensions.ts';
import { type KeyAlgorithm, PrivateKey } from './private-key.ts';
import { x509 } from '../../observations/x509.ts';

export { type KeyAlgorithm, PrivateKey } from './private-key.ts';

/** A certificate with its key and the way up from it. */
export interface Credential {
  readonly certificate: Certificate;
  /** This certificate up to and including the root. */
  readonly chain: readonly Certificate[];
  readonly privateKey: PrivateKey;
}

/** A credential that issues certificates. */
export type Authority = Credential;

export interface IssueOptions extends ExtensionOptions {
  readonly organization?: string;
  readonly country?: string;
  /** P-256 unless given; RSA-4096 takes seconds. */
  readonly algorithm?: KeyAlgorithm;
  /** A key to certify again instead of a new one: a renewed CA, or one with two names. */
  readonly privateKey?: PrivateKey;
  /** The instant of issue; now unless given. */
  readonly now?: Date;
  /** Lifetime from the instant of issue; days and hours add up. */
  readonly days?: number;
  readonly hours?: number;
  /** Take precedence over the lifetime. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface AuthorityOptions extends IssueOptions {
  readonly commonName: string;
}

export interface LeafOptions extends IssueOptions {
  /** Istio's leaves have no subject, only the SPIFFE ID. */
  readonly commonName?: string;
  readonly spiffeId: string;
}

const HOUR = 3_600_000;
const CA_LIFETIME = 3650 * 24 * HOUR;
// What istiod gives a workload unless told otherwise (SECRET_TTL).
const LEAF_LIFETIME = 24 * HOUR;
// istiod dates certificates back by as much (CLOCK_SKEW_GRACE_PERIOD), for nodes whose clocks differ.
const CLOCK_SKEW = 120_000;

/** Makes a self-signed root: a CA for ten years, without a limit on the path length, unless the options differ. */
export async function createRoot(options: AuthorityOptions): Promise<Authority> {
  return issue(undefined, caDefaults(options), CA_LIFETIME);
}

/** Makes a CA below `issuer`; its fields default to those of {@link createRoot}. */
export async function createIntermediate(issuer: Authority, options: AuthorityOptions): Promise<Authority> {
  return issue(issuer, caDefaults(options), CA_LIFETIME);
}

/** Makes a workload certificate as istiod does: 24 hours, both ends of TLS, the SPIFFE ID as its only name. */
export async function issueLeaf(issuer: Authority, options: LeafOptions): Promise<Credential> {
  const defaults: ExtensionOptions = {
    isCa: false,
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsages: ['serverAuth', 'clientAuth'],
  };
  const alternativeNames = [{ form: 'uri', value: options.spiffeId } as const, ...(options.alternativeNames ?? [])];
  return issue(issuer, { ...defaults, ...options, alternativeNames }, LEAF_LIFETIME);
}

/** Says which certificates of a CA are revoked, for as long as its other certificates last unless days are given; PEM. */
export async function issueRevocationList(
  issuer: Authority,
  revoked: readonly Certificate[] = [],
  { now = new Date(), days }: Pick<IssueOptions, 'now' | 'days'> = {},
): Promise<string> {
  const { certificate, privateKey } = issuer;
  const lifetime = days === undefined ? CA_LIFETIME : days * 24 * HOUR;
  const thisUpdate = new Date(now.getTime() - CLOCK_SKEW);
  const list = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(certificate.pem).subjectName,
    thisUpdate,
    nextUpdate: new Date(now.getTime() + lifetime),
    // Without a reason the library writes an empty list of extensions, which RFC 5280 forbids and Envoy 1.38 refuses.
    entries: revoked.map(({ serial }) => ({
      serialNumber: serial,
      revocationDate: thisUpdate,
      reason: x509.X509CrlReason.cACompromise,
    })),
    signingAlgorithm: { name: privateKey.publicKey.algorithm.name, hash: 'SHA-256' },
    signingKey: privateKey.signingKey(),
    extensions:
      certificate.subjectKeyIdentifier === undefined
        ? []
        : [new x509.AuthorityKeyIdentifierExtension(certificate.subjectKeyIdentifier)],
  });
  // The library's own word for it, `CRL`, is not that of RFC 7468, which Go and Envoy go by.
  return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

const caDefaults = (options: AuthorityOptions): AuthorityOptions => ({
  isCa: true,
  keyUsages: ['keyCertSign', 'cRLSign'],
  ...options,
});

type Request = IssueOptions & { readonly commonName?: string };

/** Issues a certificate; without an issuer it signs itself. */
async function issue(issuer: Authority | undefined, request: Request, lifetime: number): Promise<Credential> {
  const privateKey = request.privateKey ?? (await PrivateKey.generate(request.algorithm ?? 'P-256'));
  const subject = subjectOf(request);
  const issuerName = issuer === undefined ? subject : new x509.X509Certificate(issuer.certificate.pem).subjectName;
  const signer = issuer?.privateKey ?? privateKey;
  const created = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuerName,
    ...validityOf(request, lifetime),
    publicKey: privateKey.publicKey,
    signingKey: signer.signingKey(),
    signingAlgorithm: { name: signer.publicKey.algorithm.name, hash: 'SHA-256' },
    extensions: await extensionsFor(request, privateKey, issuer?.certificate.subjectKeyIdentifier, subject),
  });
  const certificate = parseCertificate(created.toString('pem'));
  return { certificate, chain: [certificate, ...(issuer?.chain ?? [])], privateKey };
}

function subjectOf({ country, organization, commonName }: Request): x509.Name {
  // As an object, because the library reads quotes and backslashes of a plain string as escapes.
  const attribute = (value: string) =>
    x509.Name.isPrintableString(value) ? { printableString: value } : { utf8String: value };
  const fields = Object.entries({ C: country, O: organization, CN: commonName });
  return new x509.Name(
    fields.flatMap(([type, value]) => (value === undefined ? [] : [{ [type]: [attribute(value)] }])),
  );
}

function validityOf(request: Request, lifetime: number): { notBefore: Date; notAfter: Date } {
  const now = (request.now ?? new Date()).getTime();
  const asked = ((request.days ?? 0) * 24 + (request.hours ?? 0)) * HOUR;
  return {
    notBefore: request.notBefore ?? new Date(now - CLOCK_SKEW),
    notAfter: request.notAfter ?? new Date(now + (asked === 0 ? lifetime : asked)),
  };
}
