import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import { CA_FILES, TLS_FILES } from '../../../observations/istio.ts';
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
    return [
      `Add ${listed(of.identity.claimed)} to meshConfig.trustDomainAliases of ${plane}: then its AuthorizationPolicies, too, ` +
        'take principals of that trust domain for its own.',
    ];
  }
  if (fault.code === 'san-refused') {
    return [`Restart the pods of ${of.name}, whose certificates have to name ${of.identity.path}.`];
  }
  return [chainRemedy(fault, of.plane, of.lineage?.chain[0], holderOf(of))];
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
  const pending = [by, of].filter((party) => isPending(party));
  const [mine, theirs] = [nextRoot(by), nextRoot(of)];
  if (pending.length > 0 && mine && theirs && sameCertificate(mine, theirs)) return [takeEffect(pending)];
  const above = commonIssuer(by.roots ?? [], root);
  if (above !== undefined) return [trustAbove(above, [by, of]), NO_REMEDIES];
  const external = [by, of].filter((party) => party.externalCa !== undefined);
  if (external.length > 0) return [underExternal([by, of], external), NO_REMEDIES];
  const trustIt = `Add ${called(root)} to ${rootFileOf(by)}; ${THEN_RESTART}.`;
  return [...(oneWay ? [trustIt] : []), oneRoot(one, other), ...makeRoom([by, of]), NO_REMEDIES];
}

/** A Secret cacerts changes nothing for those that call another CA than their istiod. */
function underExternal(both: readonly Party[], external: readonly Party[]): string {
  const cas = listed(external.map(({ externalCa }) => externalCa ?? ''));
  const whose = listed(external.map(({ name }) => name));
  const [own] = both.filter((party) => !external.includes(party));
  if (own === undefined) {
    return `Have the CAs at ${cas} issue under one root: ${whose} have their certificates from there, and a Secret cacerts changes nothing for them.`;
  }
  const root = external[0]?.lineage?.root;
  return (
    `Give ${own.plane?.id ?? own.name} an intermediate under ${root === undefined ? `the root of ${cas}` : called(root)} by ` +
    `${cacertsOf(own.plane)}; ${THEN_RESTART}. For ${whose} a Secret cacerts changes nothing: their certificates are from ${cas}.`
  );
}

/** The type of a Secret cannot be changed (Kubernetes, «Secrets»). */
const makeRoom = (parties: readonly Party[]): string[] =>
  parties
    .filter(({ ownMade }) => ownMade)
    .map(
      ({ plane }) =>
        `Remove ${cacertsOf(plane)} first, in which istiod keeps a CA of its own making (type istio.io/ca-root): another ` +
        'type of Secret cannot be written over it.',
    );

/** What its istiod reads at its next start is not what it issues under now. */
const isPending = ({ plugged, issuing }: Party): boolean =>
  plugged !== undefined && plugged.roots.length > 0 && issuing !== undefined && !isAmong(plugged.roots, issuing.root);

const nextRoot = (party: Party): Certificate | undefined =>
  isPending(party) ? party.plugged?.roots[0] : party.issuing?.root;

const takeEffect = (parties: readonly Party[]): string =>
  `Restart ${listed(parties.map(({ plane }) => plane?.id ?? 'istiod').sort())} for what is in the Secret cacerts there to take ` +
  'effect, which gives both sides one root; then restart the workloads.';

/** Two intermediates that one CA has issued are trusted in its stead. */
function commonIssuer(roots: readonly Certificate[], other: Certificate): string | undefined {
  const isBelow = (one: Certificate) => one.canonicalSubject !== one.canonicalIssuer;
  const sibling = roots.find(
    (one) =>
      isBelow(one) &&
      one.canonicalIssuer === other.canonicalIssuer &&
      one.authorityKeyIdentifier?.keyId === other.authorityKeyIdentifier?.keyId,
  );
  return sibling === undefined || !isBelow(other) ? undefined : other.issuer;
}

const trustAbove = (issuer: string, parties: readonly Party[]): string =>
  `Both sides' CAs are issued by "${issuer}", which neither side trusts: put that certificate in the place of theirs into ` +
  `${listed(parties.map(rootFileOf))}; ${THEN_RESTART}.`;

/** Where its plane's CA has its root, in the words of the Secret's own form. */
function rootFileOf(party: Party): string {
  const { plane, plugged } = party;
  if (plugged?.form !== 'tls') return `${CA_FILES.root} in ${holderOf(party)}`;
  const keeper = plugged.keeper === undefined ? '' : `, which ${plugged.keeper} keeps`;
  return (
    `${TLS_FILES.root} in ${cacertsOf(plane)}${keeper} (istiod reads no ${CA_FILES.root} beside it; a bundle that is kept by ` +
    `hand needs ${Object.values(CA_FILES).join(', ')} instead)`
  );
}

const chainFileOf = (party: Party): string =>
  `${party.plugged?.form === 'tls' ? TLS_FILES.certificate : CA_FILES.chain} in ${holderOf(party)}`;

/** A proxy gets its certificate and its roots in one answer, so it is istiod that has them from different CAs. */
const ofMismatch = (party: Party, root: Certificate): string =>
  `If that does not help, ${rootFileOf(party)} lacks ${called(root)}, which the certificates of ${party.name} ` +
  `lead to: put it in, or let the root that is there sign ca-cert.pem; ${THEN_RESTART}.`;

const ofUnknown = (party: Party): string =>
  `Find out what "${party.lineage?.chain.at(-1)?.issuer ?? ''}" is, to which the certificates of ${party.name} lead: an ` +
  `intermediate has to be in ${chainFileOf(party)}, a root in ${rootFileOf(party)}; ${THEN_RESTART}.`;

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

/** Where its certificates are issued from: not from there, if another CA than its istiod issues for it. */
const holderOf = ({ plane, externalCa }: Party): string =>
  externalCa === undefined ? cacertsOf(plane) : `what the CA at ${externalCa} issues from`;

/** What mends a chain that is faulty in itself; `plane` is whose CA issued it. */
export function chainRemedy(
  { code, about }: EdgeFault,
  plane: ObservedPlane | undefined,
  leaf: Certificate | undefined,
  holder = cacertsOf(plane),
): string {
  const [certificate] = about;
  if (certificate === undefined) return 'Find out from the agent’s log why it holds no certificate.';
  const isLeaf = leaf !== undefined && sameCertificate(certificate, leaf);
  const name = called(certificate);
  if (code === 'chain-incomplete') {
    return `Add ${calledAll(about)} to cert-chain.pem in ${holder}, which has to hold every intermediate; ${THEN_RESTART}.`;
  }
  if (code === 'revoked') {
    return isLeaf
      ? `Have the certificate issued anew by ${plane?.id ?? 'its istiod'}.`
      : `Have ${holder} hold another CA, since ${name} is revoked; ${THEN_RESTART}. A list that is wrong has to be made anew.`;
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
      : `Renew ${name}, in ${holder} or above it; ${THEN_RESTART}.`;
  }
  return isLeaf
    ? `Have the certificate issued anew by ${plane?.id ?? 'its istiod'}, without this fault.`
    : `Issue ${name} again without this fault; ${THEN_RESTART}.`;
}
