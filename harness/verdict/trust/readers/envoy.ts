import { type Certificate, sameCertificate } from '../../../observations/certificate.ts';
import type { KeyUsage } from '../../../observations/extensions.ts';
import { type ChainFault, faultOfCertificate } from '../fault.ts';
import { isSelfIssued, linkBetween, linkFault } from '../link.ts';
import { nameConstraintViolation } from '../name-constraints.ts';
import {
  authorityFaults,
  isAmongBytes,
  lengthFaults,
  looksSelfSigned,
  mayIssue,
  policyFaults,
  unhandledFaults,
  validityFaults,
} from './common.ts';
import type { ChainVerdict, Purpose, Question, Reader } from './reader.ts';
import { revocationFaults } from './revocation.ts';
import { inStoreOrder, type StoreOrder } from './store.ts';

/**
 * Envoy's default validator on BoringSSL (crypto/x509/x509_vfy.cc, v3_purp.cc, v3_ncons.cc; envoy
 * source/common/tls/cert_validator/default_validator.cc, which sets X509_V_FLAG_PARTIAL_CHAIN). It does not search: of
 * those that fit by name, key identifier and key usage it takes the first, trusted ones before presented ones, and never
 * turns back. What comes from the bundle is not asked whether it is a CA, for which purpose, of which length, or what
 * critical extensions it has; its validity, key usage and name constraints count. Where it depends on the version which
 * of several is the first, what one of them refuses is refused.
 */
export const ENVOY: Reader = { name: 'Envoy', verify: verifyInAnyStore, asIssuers };

/** Envoys of one kind of store each, up to 1.37 and from 1.38 on: what {@link ENVOY} is made of. */
export const ENVOYS = {
  '1.37': { name: 'Envoy', verify: (question) => verify(question, 'of a heap sort'), asIssuers },
  '1.38': { name: 'Envoy', verify: (question) => verify(question, 'of the bundle'), asIssuers },
} as const satisfies Record<string, Reader>;

/** v3_purp.cc, X509_supported_extension. */
const HANDLED: readonly string[] = [15, 17, 19, 30, 32, 33, 36, 37, 54].map((arc) => `2.5.29.${arc}`);

/** x509_vpm.cc, the default depth. */
const LONGEST = 100;

function verifyInAnyStore(question: Question): ChainVerdict {
  const older = ENVOYS['1.37'].verify(question);
  return older.trusted ? ENVOYS['1.38'].verify(question) : older;
}

function verify(question: Question, order: StoreOrder): ChainVerdict {
  const { path, presented, dead } = wayUp(question, order);
  const faults = [...dead, ...pathFaults(path, presented, question)];
  return faults.length === 0 ? { trusted: true, path } : { trusted: false, faults, path };
}

/**
 * Whether some other way up would hold: then it is the order of bundle or chain that this reader stumbles over, and what
 * helps is to take out what it stumbles over.
 */
export function holdsInAnotherOrder({ leaf, others, roots, ...rest }: Question): boolean {
  const question = { leaf, others, roots, ...rest };
  const candidates = [...roots, ...others];
  const climb = (path: readonly Certificate[]): boolean => {
    const last = path.at(-1) ?? leaf;
    if (isAmongBytes(roots, last)) {
      const presented = path.findIndex((one) => isAmongBytes(roots, one));
      return pathFaults(path, presented, question).length === 0;
    }
    // One name with one key is passed through only once, else CAs that sign each other make endless paths.
    const isNew = (one: Certificate) => path.every((passed) => !isSameEntity(passed, one));
    return candidates.some((one) => isNew(one) && mayIssue(one, last) && climb([...path, one]));
  };
  return climb([leaf]);
}

const isSameEntity = (a: Certificate, b: Certificate): boolean =>
  a.keyFingerprint === b.keyFingerprint && a.canonicalSubject === b.canonicalSubject;

interface Way {
  /** Leaf first. */
  readonly path: readonly Certificate[];
  /** How many of them are not from the bundle. */
  readonly presented: number;
  /** Why it leads to no trusted certificate; empty if it does. */
  readonly dead: readonly ChainFault[];
}

/** x509_vfy.cc, X509_verify_cert, up to where the chain is complete. */
function wayUp({ leaf, others, roots, lists }: Question, order: StoreOrder): Way {
  const store = inStoreOrder(roots, order, lists);
  const trustedIssuer = (child: Certificate) => store.find((one) => mayIssue(one, child));
  const untrusted = [leaf, ...others];
  const path = [leaf];
  const last = () => path.at(-1) ?? leaf;
  while (!looksSelfSigned(last()) && trustedIssuer(last()) === undefined && path.length < LONGEST) {
    const place = untrusted.findIndex((one) => mayIssue(one, last()));
    if (place < 0) break;
    path.push(...untrusted.splice(place, 1));
  }
  const selfSigned = looksSelfSigned(last()) ? last() : undefined;
  if (selfSigned !== undefined && path.length === 1) {
    const twin = trustedIssuer(leaf);
    if (twin !== undefined && sameCertificate(twin, leaf)) return { path, presented: 0, dead: [] };
    return { path, presented: 1, dead: deadEnd(leaf, [...store, ...others]) };
  }
  // One that is presented is not believed, however it is signed.
  if (selfSigned !== undefined) path.pop();
  const presented = path.length;
  while (!looksSelfSigned(last()) && path.length < LONGEST) {
    const issuer = trustedIssuer(last());
    if (issuer === undefined) break;
    path.push(issuer);
  }
  if (path.length > presented) return { path, presented, dead: [] };
  if (isAmongBytes(store, leaf)) return { path, presented: 0, dead: [] };
  const end = last();
  if (selfSigned === undefined || !mayIssue(selfSigned, end)) {
    return { path, presented, dead: deadEnd(end, [...store, ...others]) };
  }
  path.push(selfSigned);
  return { path, presented: path.length, dead: deadEnd(selfSigned, store) };
}

function deadEnd(child: Certificate, candidates: readonly Certificate[]): ChainFault[] {
  const tried = candidates
    .filter((one) => one.canonicalSubject === child.canonicalIssuer && !sameCertificate(one, child))
    .map((candidate) => ({ candidate, link: linkBetween(child, candidate) }));
  const unfit = tried.flatMap(({ candidate, link }) => (link === 'issued' ? authorityFaults(candidate) : []));
  return unfit.length > 0 ? unfit : [linkFault(child, tried)];
}

function pathFaults(path: readonly Certificate[], presented: number, question: Question): ChainFault[] {
  const { at, purpose, lists } = question;
  const faults = path.flatMap((certificate, depth) => [
    ...linkFaults(certificate, path[depth + 1]),
    ...validityFaults(certificate, at),
    ...(depth < presented ? presentedFaults(path, depth, purpose) : []),
    ...constraintFaults(certificate, depth, path),
  ]);
  return [
    ...faults,
    ...(lists === undefined ? [] : path.flatMap((one, depth) => revocationFaults(one, path[depth + 1], lists, at))),
    ...policyFaults(path),
    ...(purpose === undefined ? [] : keyFaults(path[0])),
  ];
}

/** What is taken for an issuer may still not have signed. */
function linkFaults(child: Certificate, issuer: Certificate | undefined): ChainFault[] {
  if (issuer === undefined) return [];
  const link = linkBetween(child, issuer);
  return link === 'issued' ? [] : [linkFault(child, [{ candidate: issuer, link }])];
}

/** All but the trusted one, of which only key usage and names would count. */
function asIssuers(path: readonly Certificate[]): ChainFault[] {
  return path
    .slice(0, -1)
    .flatMap((authority, depth) => [
      ...authorityFaults(authority),
      ...lengthFaults(authority, path.slice(0, depth).filter((one) => !isSelfIssued(one)).length),
      ...purposeFaults(authority, 'serverAuth'),
      ...purposeFaults(authority, 'clientAuth'),
    ]);
}

/** x509_vfy.cc, check_chain_extensions, of certificates that are not from the bundle. */
function presentedFaults(path: readonly Certificate[], depth: number, purpose: Purpose | undefined): ChainFault[] {
  const certificate = path[depth];
  if (certificate === undefined) return [];
  const length = path.slice(1, depth).filter((one) => !isSelfIssued(one)).length;
  return [
    ...unhandledFaults(certificate, HANDLED),
    ...(depth > 0 ? [...authorityFaults(certificate), ...lengthFaults(certificate, length)] : []),
    ...(purpose === undefined ? [] : purposeFaults(certificate, purpose)),
  ];
}

/** Any purpose is none: anyExtendedKeyUsage does not stand for another (RFC 5280 section 4.2.1.12 leaves that open). */
function purposeFaults(certificate: Certificate, purpose: Purpose): ChainFault[] {
  const { extendedKeyUsages } = certificate;
  if (extendedKeyUsages?.includes(purpose) !== false) return [];
  const says = `is not meant for ${purpose} (extended key usage ${extendedKeyUsages.join(', ')})`;
  return [faultOfCertificate('extended-key-usage', certificate, says)];
}

/** Self-issued intermediates escape the constraints above them (section 4.2.1.10), so that a CA can change its key. */
function constraintFaults(certificate: Certificate, depth: number, path: readonly Certificate[]): ChainFault[] {
  if (depth > 0 && isSelfIssued(certificate)) return [];
  return path.slice(depth + 1).flatMap((authority) => {
    const { nameConstraints } = authority;
    const violation = nameConstraints && nameConstraintViolation(certificate, nameConstraints, 'Envoy');
    if (violation === undefined) return [];
    return [faultOfCertificate('name-constraints', certificate, `${violation} by "${authority.subject}"`)];
  });
}

const SIGNATURE: KeyUsage = 'digitalSignature';
/** RSA shorter than this is not even loaded (envoy, source/common/tls/context_impl.cc). */
const LEAST_RSA_BITS = 2048;

/** With which leaves an Envoy can take part in a handshake: it signs with them, and its peers know these curves. */
function keyFaults(leaf: Certificate | undefined): ChainFault[] {
  if (leaf === undefined) return [];
  const { keyAlgorithm, keyUsages } = leaf;
  const [, bits] = /^RSA-(\d+)$/.exec(keyAlgorithm) ?? [];
  const faults: ChainFault[] = [];
  const fits = bits === undefined ? ['P-256', 'P-384'].includes(keyAlgorithm) : Number(bits) >= LEAST_RSA_BITS;
  if (!fits) faults.push(faultOfCertificate('algorithm', leaf, `has a key that Envoy does not use (${keyAlgorithm})`));
  if (keyUsages?.includes(SIGNATURE) === false) {
    faults.push(faultOfCertificate('key-usage', leaf, `has no key usage fit for a handshake (${SIGNATURE})`));
  }
  return faults;
}
