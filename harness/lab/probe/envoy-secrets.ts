import type { SeenCertificates } from '../../observations/proxy.ts';
import { parseCertificates } from '../../observations/certificate.ts';

/** Path of Envoy's admin interface that {@link parseEnvoySecrets} reads. Envoy leaves out private keys. */
export const SECRETS_PATH = '/config_dump?resource=dynamic_active_secrets';

interface ConfigDump {
  configs?: ({
    name?: string;
    secret?: {
      tls_certificate?: { certificate_chain?: { inline_bytes?: string } };
      validation_context?: { trusted_ca?: { inline_bytes?: string } };
    };
  } | null)[];
}

/**
 * Reads the secrets `default` and `ROOTCA` of a dump from {@link SECRETS_PATH}, each undefined where istiod's answer has
 * not come yet.
 * @throws SyntaxError or TypeError for what is no config dump, CertificateError for what are no certificates.
 */
export function parseEnvoySecrets(text: string): SeenCertificates {
  const configs = (JSON.parse(text) as ConfigDump | null)?.configs ?? [];
  if (!Array.isArray(configs)) throw new TypeError('it is not a config dump');
  const secret = (name: string) => configs.find((config) => config?.name === name)?.secret;
  const certificates = (bytes: string | undefined) =>
    bytes === undefined ? undefined : parseCertificates(Buffer.from(bytes, 'base64').toString());
  return {
    chain: certificates(secret('default')?.tls_certificate?.certificate_chain?.inline_bytes),
    roots: certificates(secret('ROOTCA')?.validation_context?.trusted_ca?.inline_bytes),
  };
}
