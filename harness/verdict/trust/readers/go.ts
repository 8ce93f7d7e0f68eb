import type { Certificate } from '../../../observations/certificate.ts';
import { type ChainFault, faultOfCertificate } from '../fault.ts';
import { type Link, linkBetween, linkFault } from '../link.ts';
import { nameConstraintViolation } from '../name-constraints.ts';
import {
  authorityFaults,
  isAmongBytes,
  lengthFaults,
  policyFaults,
  unhandledFaults,
  validityFaults,
} from './common.ts';
import type { ChainVerdict, Question, Reader } from './reader.ts';

/**
 * Go's crypto/x509, by which agents verify istiod and their CA, and the API server its webhooks (golang.org,
 * src/crypto/x509/verify.go and parser.go). It tries every way up. A root is checked like any other certificate of a path
 * but for its own signature. Names are compared byte by byte; key identifiers only say what is tried first.
 */
export const GO: Reader = {
  name: 'Go',
  verify,
  asIssuers: (path) =>
    path.flatMap((one, below) => [
      ...authorityFaults(one),
      ...lengthFaults(one, below),
      ...purposeFaults(one, 'serverAuth'),
    ]),
};

/** parser.go, processExtensions: those that it makes something of. */
const HANDLED: readonly string[] = [14, 15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54].map((arc) => `2.5.29.${arc}`);
const KEY_IDENTIFIERS: readonly string[] = ['2.5.29.14', '2.5.29.35'];

/** x509.go, signatureAlgorithmDetails, less what isInsecure or unknown there: SHA-1, SHA-224, MD5, DSA. */
const ALGORITHMS: readonly string[] = [
  ...[10, 11, 12, 13].map((arc) => `1.2.840.113549.1.1.${arc}`), // RSA: PSS; SHA-256, 384, 512
  ...[2, 3, 4].map((arc) => `1.2.840.10045.4.3.${arc}`), // ECDSA: SHA-256, 384, 512
  '1.3.101.112', // Ed25519
];
/** crypto/rsa, checkKeySize. */
const LEAST_RSA_BITS = 1024;

function verify({ leaf, others, roots, at, purpose }: Question): ChainVerdict {
  const unreadable = [leaf, ...others].flatMap(parseFaults);
  if (unreadable.length > 0) return { trusted: false, faults: unreadable, path: [leaf] };
  // What CertPool.AppendCertsFromPEM cannot parse, it passes over.
  const pool = roots.filter((root) => parseFaults(root).length === 0);
  let nearest: (Attempt & { faults: readonly ChainFault[] }) | undefined;
  for (const attempt of attempts([leaf], [...pool, ...others], pool)) {
    const faults = [
      ...(attempt.dead === undefined ? [] : [attempt.dead]),
      ...pathFaults(attempt.path, { at, purpose }),
    ];
    if (faults.length === 0) return { trusted: true, path: attempt.path };
    if (nearest === undefined || isNearer({ ...attempt, faults }, nearest)) nearest = { ...attempt, faults };
  }
  return { trusted: false, faults: nearest?.faults ?? [], path: nearest?.path ?? [] };
}

/** Why Go cannot parse a certificate that OpenSSL and BoringSSL can. */
function parseFaults(certificate: Certificate): ChainFault[] {
  const unreadable = (says: string) => [
    faultOfCertificate('unreadable', certificate, `${says}, with which Go does not parse it`),
  ];
  if (certificate.hasNegativeSerial) return unreadable('has a negative serial number');
  if (!certificate.signatureAlgorithmsAgree) return unreadable('states two signature algorithms');
  const critical = certificate.criticalExtensions.some((oid) => KEY_IDENTIFIERS.includes(oid));
  return critical ? unreadable('has a key identifier that is marked critical') : [];
}

interface Attempt {
  readonly path: readonly Certificate[];
  /** Why the path goes no further; undefined if it ends at a root. */
  readonly dead: ChainFault | undefined;
}

/** Every way up, depth first, those through the roots first. */
function* attempts(
  path: readonly Certificate[],
  candidates: readonly Certificate[],
  roots: readonly Certificate[],
): Generator<Attempt> {
  const last = path.at(-1);
  if (last === undefined) return;
  if (isAmongBytes(roots, last)) {
    yield { path, dead: undefined };
    return;
  }
  const tried = candidates
    .filter((one) => one.canonicalSubject === last.canonicalIssuer && !path.some((passed) => isSameEntity(passed, one)))
    .map((candidate) => ({ candidate, link: linkTo(last, candidate) }));
  const issuers = tried.filter(({ link }) => link === 'issued').map(({ candidate }) => candidate);
  for (const issuer of issuers) yield* attempts([...path, issuer], candidates, roots);
  if (issuers.length === 0) yield { path, dead: deadEnd(last, tried) };
}

type GoLink = Exclude<Link, 'authority-key-mismatch'> | 'other-bytes' | 'algorithm';

function linkTo(child: Certificate, candidate: Certificate): GoLink {
  const link = linkBetween(child, candidate);
  if (link !== 'issued' && link !== 'authority-key-mismatch') return link;
  if (candidate.subjectBytes !== child.issuerBytes) return 'other-bytes';
  return isSecure(child, candidate) ? 'issued' : 'algorithm';
}

function isSecure({ signatureAlgorithm }: Certificate, { keyAlgorithm }: Certificate): boolean {
  const [, bits] = /^RSA-(\d+)$/.exec(keyAlgorithm) ?? [];
  return ALGORITHMS.includes(signatureAlgorithm) && (bits === undefined || Number(bits) >= LEAST_RSA_BITS);
}

function deadEnd(child: Certificate, tried: readonly { candidate: Certificate; link: GoLink }[]): ChainFault {
  const links = tried.map(({ link }) => link);
  if (links.includes('algorithm')) {
    const says = `is signed with an algorithm that Go does not take (${child.signatureAlgorithm})`;
    return faultOfCertificate('algorithm', child, says);
  }
  if (links.includes('other-bytes')) {
    const says = `names its issuer in other bytes than that does itself (another string type, case or white space)`;
    return faultOfCertificate('name-bytes-differ', child, `${says}, and Go compares bytes`);
  }
  return linkFault(
    child,
    tried.flatMap(({ candidate, link }) =>
      link === 'bad-signature' || link === 'same-subject-other-key' ? [{ candidate, link }] : [],
    ),
  );
}

/** verify.go, alreadyInChain. */
const isSameEntity = (a: Certificate, b: Certificate): boolean =>
  a.keyFingerprint === b.keyFingerprint && a.subjectBytes === b.subjectBytes;

function isNearer(one: Attempt & { faults: readonly ChainFault[] }, other: typeof one): boolean {
  const reaches = (attempt: Attempt) => attempt.dead === undefined;
  if (reaches(one) !== reaches(other)) return reaches(one);
  return reaches(one) ? one.faults.length < other.faults.length : one.path.length > other.path.length;
}

function pathFaults(path: readonly Certificate[], { at, purpose }: Pick<Question, 'at' | 'purpose'>): ChainFault[] {
  const faults = path.flatMap((certificate, depth) => [
    ...validityFaults(certificate, at),
    ...unhandledFaults(certificate, handledBy(certificate)),
    ...constraintFaults(certificate, path.slice(depth + 1)),
    ...(depth > 0 ? [...authorityFaults(certificate), ...lengthFaults(certificate, depth - 1)] : []),
    ...purposeFaults(certificate, purpose),
  ]);
  return [...faults, ...policyFaults(path)];
}

/** Names of forms that Go does not know make the extension one that it does not handle. */
function handledBy({ alternativeNames, nameConstraints }: Certificate): readonly string[] {
  const known = ({ form }: { form: string }) => form !== 'directory' && form !== 'other';
  const bases = [...(nameConstraints?.permitted ?? []), ...(nameConstraints?.excluded ?? [])];
  return HANDLED.filter(
    (oid) => !(oid === '2.5.29.17' && !alternativeNames.some(known)) && !(oid === '2.5.29.30' && !bases.every(known)),
  );
}

function constraintFaults(certificate: Certificate, above: readonly Certificate[]): ChainFault[] {
  return above.flatMap((authority) => {
    const { nameConstraints } = authority;
    const violation = nameConstraints && nameConstraintViolation(certificate, nameConstraints, 'Go');
    if (violation === undefined) return [];
    return [faultOfCertificate('name-constraints', certificate, `${violation} by "${authority.subject}"`)];
  });
}

const ANY_PURPOSE = '2.5.29.37.0';

/** verify.go, checkChainForKeyUsage: of the whole path, the root too; any purpose is any. Key usages of a leaf are no matter. */
function purposeFaults(certificate: Certificate, purpose: Question['purpose']): ChainFault[] {
  const { extendedKeyUsages } = certificate;
  if (purpose === undefined || extendedKeyUsages === undefined) return [];
  if (extendedKeyUsages.includes(purpose) || extendedKeyUsages.includes(ANY_PURPOSE)) return [];
  const says = `is not meant for ${purpose} (extended key usage ${extendedKeyUsages.join(', ')})`;
  return [faultOfCertificate('extended-key-usage', certificate, says)];
}
