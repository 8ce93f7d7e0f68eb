import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import type { EdgeFault } from './fault.ts';
import { byGravity, type Handshake, type Side } from './handshake.ts';
import type { ObservedPlane } from './observation.ts';
import type { Party } from './party.ts';
import { isAmong } from './trusted.ts';
import { called, calledAll, listed } from './words.ts';

/** What would mend a refused handshake between proxies, for the gravest fault first; empty where nobody refuses. */
export function workloadRemedies({ verdict, client, server }: Handshake): string[] {
  const refusals = [client, server].flatMap((side) => side.faults.map((fault) => ({ side, fault })));
  const sorted = refusals.toSorted((a, b) => byGravity(a.fault, b.fault));
  return [...new Set(sorted.flatMap(({ side, fault }) => remediesFor(side, fault, verdict === 'one-way-trust')))];
}

function remediesFor(side: Side, fault: EdgeFault, oneWay: boolean): string[] {
  const { by, of } = side;
  if (fault.doubtful === true) return [DISTINGUISH];
  if (fault.code === 'unknown-issuer') {
    const [root] = fault.about;
    return root === undefined ? [ofUnknown(of)] : ofForeignRoot(side, root, oneWay);
  }
  if (fault.code === 'same-subject-other-key') return ofNamesake(side, fault);
  if (fault.code === 'trust-domain-differs') {
    const plane = by.plane?.id ?? `the istiod of ${by.name}`;
    return [`Add ${listed(of.identity.claimed)} to meshConfig.trustDomainAliases of ${plane}.`];
  }
  if (fault.code === 'san-refused') {
    return [`Restart the pods of ${of.name}, whose certificates have to name ${of.identity.path}.`];
  }
  return [chainRemedy(fault, of.plane, of.lineage?.chain[0])];
}

/** Either somebody has not followed its own istiod yet, or the planes have no root in common. */
function ofForeignRoot({ by, of }: Side, root: Certificate, oneWay: boolean): string[] {
  const outdated = [by, of].filter((party) => party.outdated);
  const afterRestart = isAmong(by.issuing?.roots ?? by.roots ?? [], of.issuing?.root ?? root);
  if (outdated.length > 0 && afterRestart) return [restart(outdated)];
  const [one, other] = [by.plane, of.plane];
  if (one === undefined || other === undefined) {
    return [`Find out which istiods issue for ${by.name} and ${of.name}, and give them intermediates under one root.`];
  }
  if (one.id === other.id) {
    const own = by.lineage?.root;
    const mismatch = own !== undefined && !isAmong(by.roots ?? [], own) ? [ofMismatch(by, own)] : [];
    return [restart([by, of]), ...mismatch];
  }
  const trustIt = `Add ${called(root)} to root-cert.pem in ${cacertsOf(one)}; ${THEN_RESTART}.`;
  return [...(oneWay ? [trustIt] : []), oneRoot(one, other), NO_REMEDIES];
}

/** A proxy gets its certificate and its roots in one answer, so it is istiod that has them from different CAs. */
const ofMismatch = ({ name, plane }: Party, root: Certificate): string =>
  `If that does not help, root-cert.pem in ${cacertsOf(plane)} lacks ${called(root)}, which the certificates of ${name} ` +
  `lead to: put it in, or let the root that is there sign ca-cert.pem; ${THEN_RESTART}.`;

const ofUnknown = ({ name, plane, lineage }: Party): string =>
  `Find out what "${lineage?.chain.at(-1)?.issuer ?? ''}" is, to which the certificates of ${name} lead: an intermediate has ` +
  `to be in cert-chain.pem, a root in root-cert.pem of ${cacertsOf(plane)}; ${THEN_RESTART}.`;

const oneRoot = (one: ObservedPlane, other: ObservedPlane): string =>
  `Give ${listed([one.id, other.id].sort())} intermediates under one root: a Secret cacerts each in ` +
  `${listed([one.namespace, other.namespace].sort())}, made by hand or by cert-manager; ${THEN_RESTART}.`;

const NO_REMEDIES =
  'PeerAuthentication PERMISSIVE is no remedy, since proxies go on with mutual TLS among themselves; ' +
  'nor is BackendTLSPolicy, with which a gateway presents no certificate.';

const restart = (parties: readonly Party[]): string =>
  `Restart the pods of ${listed(parties.map(({ name }) => name))}: a running proxy keeps its certificate and roots until its ` +
  'istiod issues it new ones.';

function ofNamesake({ by, of }: Side, { about }: EdgeFault): string[] {
  const outdated = [by, of].filter((party) => party.outdated);
  return [
    ...(outdated.length > 0 ? [restart(outdated)] : []),
    `Two CAs with different keys are called "${about[0]?.issuerCommonName ?? ''}": compare fingerprints, keep one of them, ` +
      `and have it sign what the other signed; ${THEN_RESTART}.`,
  ];
}

const DISTINGUISH =
  'Take CAs that are not in use out of root-cert.pem and cert-chain.pem, and make those that share a name anew with subject ' +
  'and authority key identifiers: Envoy does not search among them.';

/** istiod reads a new CA when it starts; proxies get certificates of it when they start. */
export const THEN_RESTART = 'then restart istiod, then its workloads';

/** The Secret a plane's CA is plugged in with. */
export const cacertsOf = (plane: ObservedPlane | undefined): string =>
  plane === undefined ? 'the Secret cacerts of its plane' : `the Secret cacerts in ${plane.namespace}`;

/** What mends a chain that is faulty in itself; `plane` is whose CA issued it. */
export function chainRemedy(
  { code, about }: EdgeFault,
  plane: ObservedPlane | undefined,
  leaf: Certificate | undefined,
): string {
  const [certificate] = about;
  if (certificate === undefined) return 'Find out from the agent’s log why it holds no certificate.';
  const isLeaf = leaf !== undefined && sameCertificate(certificate, leaf);
  const name = called(certificate);
  if (code === 'chain-incomplete') {
    return `Add ${calledAll(about)} to cert-chain.pem in ${cacertsOf(plane)}, which has to hold every intermediate; ${THEN_RESTART}.`;
  }
  if (code === 'revoked') {
    return isLeaf
      ? `Have the certificate issued anew by ${plane?.id ?? 'its istiod'}.`
      : `Have ${cacertsOf(plane)} hold another CA, since ${name} is revoked; ${THEN_RESTART}. A list that is wrong has to be made anew.`;
  }
  if (code === 'revocation-unknown') {
    const issuer = certificate.issuerCommonName ?? certificate.issuer;
    return (
      `Put a list of "${issuer}" that is in force into ca-crl.pem of the Secret cacerts of whoever looks for it, beside one ` +
      'of every other CA on the way to the root, the root included; or take all lists out; then restart istiod, and what it serves.'
    );
  }
  if (code === 'ca-flag-missing') {
    return `Issue ${name} again as a CA (basicConstraints CA:TRUE, keyUsage keyCertSign); ${THEN_RESTART}.`;
  }
  if (code === 'not-yet-valid') {
    return `Compare the clocks of the nodes, or wait until ${certificate.notBefore.toISOString()}.`;
  }
  if (code === 'expired') {
    return isLeaf
      ? 'Find out from the agent’s log why the certificate was not renewed in time; a restart has it issued anew.'
      : `Renew ${name}, in ${cacertsOf(plane)} or above it; ${THEN_RESTART}.`;
  }
  return isLeaf
    ? `Have the certificate issued anew by ${plane?.id ?? 'its istiod'}, without this fault.`
    : `Issue ${name} again without this fault; ${THEN_RESTART}.`;
}
