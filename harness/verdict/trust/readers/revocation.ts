import type { Certificate } from '../../../observations/certificate.ts';
import type { RevocationList } from '../../../observations/revocation-list.ts';
import { type ChainFault, faultOfCertificate } from '../fault.ts';
import { keyIdentifiersFit } from '../link.ts';
import { looksSelfSigned } from './common.ts';

/**
 * What BoringSSL finds wrong about one certificate of a path where Envoy was given lists (x509_vfy.cc, check_revocation;
 * X509_V_FLAG_CRL_CHECK_ALL): every certificate, the root too, needs a list of its issuer that is in force, and must not be
 * on it. A root's issuer is itself; a trusted certificate that is not self-issued has none here, and so no list.
 */
export function revocationFaults(
  certificate: Certificate,
  above: Certificate | undefined,
  lists: readonly RevocationList[],
  at: Date,
): ChainFault[] {
  const unknown = (says: string) => [faultOfCertificate('revocation-unknown', certificate, says)];
  const issuer = above ?? certificate;
  const list = bestOf(certificate, issuer, lists, at);
  if (list === undefined) {
    return unknown(`needs a revocation list of its issuer, "${certificate.issuer}", and there is none`);
  }
  const name = `the revocation list of "${list.issuer}"`;
  if (above === undefined && !looksSelfSigned(certificate)) {
    return unknown(`has no issuer among the trusted roots that ${name} could be held against`);
  }
  if (issuer.keyUsages?.includes('cRLSign') === false) {
    return unknown(`stands below "${issuer.subject}", which may not sign revocation lists (keyUsage without cRLSign)`);
  }
  const time = timeFault(list, at);
  if (time !== undefined) return unknown(`cannot be looked up: ${name} ${time}`);
  if (!list.isSignedBy(issuer)) return unknown(`cannot be looked up: the signature of ${name} does not verify`);
  const [critical] = list.criticalExtensions;
  if (critical !== undefined) return unknown(`cannot be looked up: ${name} has the critical extension ${critical}`);
  if (!list.revoked.has(certificate.serial)) return [];
  return [faultOfCertificate('revoked', certificate, `is revoked by ${name} of ${list.thisUpdate.toISOString()}`)];
}

/** get_crl_score: of those that are this issuer's one in force, then one without critical extensions, then the newest. */
function bestOf(
  certificate: Certificate,
  issuer: Certificate,
  lists: readonly RevocationList[],
  at: Date,
): RevocationList | undefined {
  const rank = (list: RevocationList) =>
    (list.criticalExtensions.length === 0 ? 2 : 0) + (timeFault(list, at) === undefined ? 1 : 0);
  return lists
    .filter(
      (list) => list.canonicalIssuer === certificate.canonicalIssuer && keyIdentifiersFit(list, issuer) !== 'different',
    )
    .toSorted((a, b) => rank(b) - rank(a) || b.thisUpdate.getTime() - a.thisUpdate.getTime())[0];
}

function timeFault({ thisUpdate, nextUpdate }: RevocationList, at: Date): string | undefined {
  if (at < thisUpdate) return `begins at ${thisUpdate.toISOString()}; it was judged at ${at.toISOString()}`;
  if (nextUpdate === undefined || at <= nextUpdate) return undefined;
  return `ended at ${nextUpdate.toISOString()}; it was judged at ${at.toISOString()}`;
}
