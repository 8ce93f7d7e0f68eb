import type { SeenCertificates } from '../../observations/proxy.ts';
import { type Certificate, CertificateError, readChain, readRoots } from '../../observations/certificate.ts';

/** Path of Envoy's admin interface that {@link parseEnvoySecrets} reads. Envoy leaves out private keys. */
export const SECRETS_PATH = '/config_dump?resource=dynamic_active_secrets';

/** Envoy's SPIFFE validator (envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig). */
const SPIFFE_VALIDATOR = 'envoy.tls.cert_validator.spiffe';

/** A DataSource of Envoy. */
interface Source {
  inline_bytes?: string;
  inline_string?: string;
  filename?: string;
}

interface ConfigDump {
  configs?: ({
    name?: string;
    secret?: {
      tls_certificate?: { certificate_chain?: Source };
      validation_context?: {
        trusted_ca?: Source;
        crl?: Source;
        custom_validator_config?: {
          name?: string;
          typed_config?: { trust_domains?: { name?: string; trust_bundle?: Source }[] };
        };
      };
    };
  } | null)[];
}

/** What an Envoy holds for mutual TLS, in the form in which it holds it. */
export interface EnvoySecrets extends SeenCertificates {
  /** With a SPIFFE validator the roots depend on the peer's trust domain; `roots` are then those of all. */
  readonly rootsByDomain: ReadonlyMap<string, readonly Certificate[]> | undefined;
  /** Its revocation lists in PEM, or a file of its pod that they are in; undefined: it does not look for revocation. */
  readonly crl: { readonly file: string } | { readonly pem: string } | undefined;
  /** Why what it trusts cannot be read, a clause; `roots` are then undefined. */
  readonly unread: string | undefined;
}

/**
 * Reads the secrets `default` and `ROOTCA` of a dump from {@link SECRETS_PATH}, each undefined where istiod's answer has
 * not come yet.
 * @throws SyntaxError or TypeError for what is no config dump, CertificateError for what are no certificates.
 */
export function parseEnvoySecrets(text: string): EnvoySecrets {
  const configs = (JSON.parse(text) as ConfigDump | null)?.configs ?? [];
  if (!Array.isArray(configs)) throw new TypeError('it is not a config dump');
  const secret = (name: string) => configs.find((config) => config?.name === name)?.secret;
  const chain = textOf(secret('default')?.tls_certificate?.certificate_chain);
  return {
    chain: chain === undefined ? undefined : wholly(readChain(chain, 'Envoy')),
    ...trustOf(secret('ROOTCA')?.validation_context),
  };
}

type ValidationContext = NonNullable<
  NonNullable<NonNullable<NonNullable<ConfigDump['configs']>[number]>['secret']>['validation_context']
>;

function trustOf(context: ValidationContext | undefined): Omit<EnvoySecrets, 'chain'> {
  const lists = context?.crl;
  const listText = textOf(lists);
  const crl = lists?.filename === undefined ? listText && { pem: listText } : { file: lists.filename };
  const trust = { roots: undefined, rootsByDomain: undefined, crl: crl === '' ? undefined : crl, unread: undefined };
  const validator = context?.custom_validator_config;
  if (validator !== undefined) return { ...trust, ...customTrust(validator) };
  if (context?.trusted_ca?.filename !== undefined) {
    const says = `its ROOTCA is the file ${context.trusted_ca.filename} of its pod, which an audit does not read`;
    return { ...trust, unread: says };
  }
  const roots = textOf(context?.trusted_ca);
  return { ...trust, roots: roots === undefined ? undefined : wholly(readRoots(roots, 'Envoy')) };
}

function customTrust({
  name,
  typed_config: config,
}: NonNullable<ValidationContext['custom_validator_config']>): Partial<EnvoySecrets> {
  const domains = config?.trust_domains;
  const texts = domains?.map((domain) => [domain.name ?? '', textOf(domain.trust_bundle)] as const);
  if (name !== SPIFFE_VALIDATOR || texts === undefined || texts.some(([, bundle]) => bundle === undefined)) {
    return { unread: `it verifies peers with ${name ?? 'a validator without a name'}, which an audit cannot read` };
  }
  const rootsByDomain = new Map(texts.map(([domain, bundle]) => [domain, wholly(readRoots(bundle ?? '', 'Envoy'))]));
  return { roots: [...rootsByDomain.values()].flat(), rootsByDomain };
}

/** Undefined for nothing, and for what is in a file. */
function textOf(source: Source | undefined): string | undefined {
  if (source?.inline_bytes !== undefined) return Buffer.from(source.inline_bytes, 'base64').toString();
  return source?.inline_string;
}

/** What Envoy has taken it can read. */
function wholly({ certificates, passedOver }: ReturnType<typeof readRoots>): readonly Certificate[] {
  if (certificates.length > 0) return certificates;
  throw new CertificateError(passedOver.join('; ') || 'there is no CERTIFICATE block in the PEM text');
}
