import { BlockList, isIP } from 'node:net';
import type { Certificate } from '../../observations/certificate.ts';
import type { NameConstraints } from '../../observations/extensions.ts';
import type { GeneralName, NameForm } from '../../observations/names.ts';

/** Every name of a certificate that constraints above it bind (RFC 5280 section 4.2.1.10). */
function constrainedNames(certificate: Certificate): GeneralName[] {
  const names: GeneralName[] = [...certificate.alternativeNames];
  if (certificate.canonicalSubject !== '') names.push({ form: 'directory', value: certificate.canonicalSubject });
  for (const value of certificate.subjectEmails) names.push({ form: 'email', value });
  return names;
}

/**
 * Why `certificate` may not stand below a CA with these constraints, as the end of a sentence that begins with the
 * certificate's name; undefined if it may. Go reads names of the alternative ones alone, and none of forms it does not
 * know, for which the extension as a whole is one that it does not handle.
 */
export function nameConstraintViolation(
  certificate: Certificate,
  constraints: NameConstraints,
  reader: 'Envoy' | 'Go',
): string | undefined {
  const isGo = reader === 'Go';
  if (constraints.bounded && !isGo) return 'stands below a constraint with minimum or maximum, which RFC 5280 forbids';
  const names = isGo
    ? certificate.alternativeNames.filter(({ form }) => form !== 'directory' && form !== 'other')
    : constrainedNames(certificate);
  for (const name of names) {
    const sameForm = (base: GeneralName) => base.form === name.form;
    const permitted = constraints.permitted.filter(sameForm);
    const excluded = constraints.excluded.filter(sameForm);
    if (permitted.length === 0 && excluded.length === 0) continue;
    const within = (base: GeneralName) =>
      (isGo ? { ...WITHIN, ...WITHIN_FOR_GO } : WITHIN)[name.form](name.value, base.value);
    try {
      if (permitted.length > 0 && !permitted.some(within)) {
        return `has the ${name.form} name ${name.value}, permitted is only ${listed(permitted)}`;
      }
      const exclusion = excluded.find(within);
      if (exclusion !== undefined) {
        return `has the ${name.form} name ${name.value}, which ${listed([exclusion])} excludes`;
      }
    } catch (error) {
      // A constraint that cannot be applied must not be passed over.
      return `cannot be held against its ${name.form} constraints: ${error instanceof Error ? error.message : ''}`;
    }
  }
  return undefined;
}

const listed = (bases: readonly GeneralName[]): string => bases.map(({ value }) => `"${value}"`).join(', ');

/** Whether a name lies within a base for Envoy, by form; throws a sentence for what cannot be compared. */
const WITHIN: Record<NameForm, (name: string, base: string) => boolean> = {
  dns: (name, base) => {
    const [host, domain] = [name.toLowerCase(), base.toLowerCase()];
    if (domain === '' || host === domain) return true;
    return host.endsWith(domain.startsWith('.') ? domain : `.${domain}`);
  },
  uri: (name, base) => hostWithin(hostOf(name), base),
  email: (name, base) => {
    const at = name.lastIndexOf('@');
    if (at < 0) throw new Error(`${name} is not a mailbox`);
    if (!base.includes('@')) return hostWithin(name.slice(at + 1), base);
    const baseAt = base.lastIndexOf('@');
    // The local part is compared with its case, RFC 5280 section 7.5.
    return name.slice(0, at) === base.slice(0, baseAt) && hostWithin(name.slice(at + 1), base.slice(baseAt + 1));
  },
  ip: () => {
    // BoringSSL, crypto/x509/v3_ncons.cc: nc_match_single.
    throw new Error('BoringSSL supports no constraints on addresses');
  },
  directory: (name, base) => base === '' || name === base || name.startsWith(`${base},`),
  other: () => {
    throw new Error('this form of name is not supported');
  },
};

/** Go knows addresses, and takes hosts of URIs and mailboxes for domains: a base without a leading dot has subdomains, too (crypto/x509, constraints). */
const WITHIN_FOR_GO: Pick<typeof WITHIN, 'uri' | 'email' | 'ip'> = {
  ip: (name, base) => {
    const [network = '', prefix = ''] = base.split('/');
    if (isIP(network) === 0 || !/^\d+$/.test(prefix)) throw new Error(`"${base}" is not an address and mask`);
    if (isIP(name) === 0) throw new Error(`${name} is not an address`);
    if (isIP(name) !== isIP(network)) return false;
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    const subnet = new BlockList();
    subnet.addSubnet(network, Number(prefix), family);
    return subnet.check(name, family);
  },
  uri: (name, base) => WITHIN.dns(hostOf(name), base),
  email: (name, base) =>
    base.includes('@') ? WITHIN.email(name, base) : WITHIN.dns(name.slice(name.lastIndexOf('@') + 1), base),
};

/** A base with a leading dot means hosts below it, one without means that very host; unlike DNS names. */
function hostWithin(host: string, base: string): boolean {
  const [name, domain] = [host.toLowerCase(), base.toLowerCase()];
  return domain.startsWith('.') ? name.length > domain.length && name.endsWith(domain) : name === domain;
}

/** The host part of a URI, which is all a URI constraint speaks of; a SPIFFE ID's is its trust domain. */
function hostOf(uri: string): string {
  const host = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:]+)/.exec(uri)?.[1];
  if (host === undefined) throw new Error(`${uri} has no host part`);
  return host;
}
