import type { KeyObject } from 'node:crypto';
import * as asn1 from '@peculiar/asn1-x509';
import { AsnConvert } from '@peculiar/asn1-schema';
import fc from 'fast-check';
import {
  craft,
  craftList,
  extension,
  HASHES,
  type Hash,
  KEY_KINDS,
  keyIdentifierOf,
  type KeyKind,
  type NameOf,
  newKey,
  pemOf,
  pemOfKey,
  rawExtension,
  type StringType,
} from './craft.ts';

// Worlds of CAs with all that real ones get wrong, a little in each, so that as many chains hold as fail, and most of
// those for one reason alone.

const DAY = 86_400_000;
const START = Date.now();
const day = (offset: number) => new Date(Math.floor((START + offset * DAY) / 1000) * 1000);
const VALIDITIES = {
  valid: [day(-3), day(30)],
  expired: [day(-3), day(-2)],
  future: [day(2), day(3)],
} as const;
type Validity = keyof typeof VALIDITIES;

const TRUST_DOMAIN = 'cluster.local';
export const SPIFFE_ID = `spiffe://${TRUST_DOMAIN}/ns/apps/sa/server`;
export const SERVER_NAME = 'istiod.mesh-plane.svc';

/** Content octets of serial numbers: small, negative, without a sign byte, of 20 and of 32 octets, zero. */
const SERIALS = {
  usual: '',
  negative: 'ff05',
  huge: `4a${'5b'.repeat(31)}`,
  twenty: `7f${'11'.repeat(19)}`,
  zero: '00',
};

const CONSTRAINTS = {
  none: undefined,
  'permits both': {
    permitted: [
      ['uri', TRUST_DOMAIN],
      ['dns', 'svc'],
    ],
  },
  'permits other names': {
    permitted: [
      ['uri', 'other.test'],
      ['dns', 'other.test'],
    ],
  },
  'excludes both': {
    excluded: [
      ['uri', TRUST_DOMAIN],
      ['dns', 'mesh-plane.svc'],
    ],
  },
  'excludes other names': {
    excluded: [
      ['uri', 'other.test'],
      ['dns', 'other.test'],
    ],
  },
  'permits the subtree alone': {
    permitted: [
      ['uri', `.${TRUST_DOMAIN}`],
      ['dns', '.mesh-plane.svc'],
    ],
  },
  'permits an address': { permitted: [['ip', '10.0.0.0/8']] },
  'permits a directory name': { permitted: [['directory', 'CN=Nobody']] },
} as const;

const PURPOSES = {
  both: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
  none: undefined,
  server: ['1.3.6.1.5.5.7.3.1'],
  client: ['1.3.6.1.5.5.7.3.2'],
  any: ['2.5.29.37.0'],
  code: ['1.3.6.1.5.5.7.3.3'],
} as const;

const USAGES = {
  ca: asn1.KeyUsageFlags.keyCertSign | asn1.KeyUsageFlags.cRLSign,
  leaf: asn1.KeyUsageFlags.digitalSignature | asn1.KeyUsageFlags.keyEncipherment,
  none: undefined,
  signature: asn1.KeyUsageFlags.digitalSignature,
  encipherment: asn1.KeyUsageFlags.keyEncipherment,
  list: asn1.KeyUsageFlags.cRLSign,
} as const;

const mostly = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 24 }, { arbitrary: fc.constantFrom(...others), weight: 1 });
const often = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 5 }, { arbitrary: fc.constantFrom(...others), weight: 1 });

const keyKind = often<KeyKind>('P-256', ...KEY_KINDS);
const common = {
  validity: mostly<Validity>('valid', 'expired', 'future'),
  kind: keyKind,
  hash: often<Hash>('sha256', ...HASHES),
  serial: mostly<keyof typeof SERIALS>('usual', 'negative', 'huge', 'twenty', 'zero'),
  /** What it says of keys: its own and its issuer's. */
  identifiers: often<'both' | 'none' | 'own' | 'wrong' | 'serial' | 'wrong serial'>(
    'both',
    ...(['none', 'own', 'wrong', 'serial', 'wrong serial'] as const),
  ),
  /** How the issuer's name is written here, where its own certificate may write it in another way. */
  issuerAs: often<'same' | 'utf8' | 'upper' | 'spaces' | 'ia5' | 'teletex' | 'bmp'>(
    'same',
    ...(['utf8', 'upper', 'spaces', 'ia5', 'teletex', 'bmp'] as const),
  ),
  critical: mostly<'nothing' | 'unknown' | 'policies' | 'policy constraints' | 'key identifier'>(
    'nothing',
    ...(['unknown', 'policies', 'policy constraints', 'key identifier'] as const),
  ),
};
const authority = fc.record({
  ...common,
  /** Few names for many CAs, so that there are some of one name and several keys. */
  name: fc.nat(2),
  type: often<StringType>('printable', 'utf8', 'ia5', 'teletex', 'bmp'),
  isCa: mostly<boolean | 'unstated'>(true, false, 'unstated'),
  usage: mostly<keyof typeof USAGES>('ca', 'none', 'signature', 'list'),
  pathLength: often<number | undefined>(undefined, 0, 1, 2),
  purpose: mostly<keyof typeof PURPOSES>('none', 'both', 'server', 'client', 'any', 'code'),
  constraints: mostly<keyof typeof CONSTRAINTS>('none', ...(Object.keys(CONSTRAINTS) as (keyof typeof CONSTRAINTS)[])),
  /** Issued once more with the same name and key: later, or by another hand. */
  renewed: often<'no' | 'expired' | 'valid' | 'utf8'>('no', 'expired', 'valid', 'utf8'),
});
/** A root and up to three intermediates, one below the other. */
const line = fc.array(authority, { minLength: 1, maxLength: 4 });
const leaf = fc.record({
  ...common,
  purpose: often<keyof typeof PURPOSES>('both', 'none', 'server', 'client', 'any', 'code'),
  usage: mostly<keyof typeof USAGES>('leaf', 'none', 'signature', 'encipherment', 'ca', 'list'),
  isCa: mostly<boolean | 'unstated'>(false, true, 'unstated'),
});

/** A revocation list of one CA of the leaf's line. */
const list = fc.record({
  there: mostly(true, false),
  /** Which certificate below it. */
  revokes: mostly<'none' | 'the next' | 'another'>('none', 'the next', 'another'),
  validity: mostly<Validity>('valid', 'expired', 'future'),
  identifier: often<'none' | 'right' | 'wrong'>('none', 'right', 'wrong'),
  signedBy: mostly<'its key' | 'another'>('its key', 'another'),
  critical: mostly(false, true),
  /** An older one that says otherwise. */
  older: mostly(false, true),
});

/** What becomes of a PEM text on its way into a file. */
const MANGLES = {
  nothing: (blocks: readonly string[]) => blocks.join(''),
  'no line end between': (blocks: readonly string[]) => blocks.map((one) => one.trimEnd()).join(''),
  'no line end at the end': (blocks: readonly string[]) => blocks.join('').trimEnd(),
  'byte order mark': (blocks: readonly string[]) => `\ufeff${blocks.join('')}`,
  indented: (blocks: readonly string[]) => blocks.join('').replaceAll(/^(?=.)/gm, '  '),
  'first indented': ([first = '', ...others]: readonly string[]) =>
    [first.replaceAll(/^(?=.)/gm, '  '), ...others].join(''),
  CR: (blocks: readonly string[]) => blocks.join('').replaceAll('\n', '\r'),
  CRLF: (blocks: readonly string[]) => blocks.join('').replaceAll('\n', '\r\n'),
  'empty lines between': (blocks: readonly string[]) => blocks.join('\n\n'),
  'empty line within': (blocks: readonly string[]) => blocks.join('').replace(/(-----\n.{64}\n)/, '$1\n'),
  comments: (blocks: readonly string[]) => blocks.map((one) => `# subject: CN=somebody\n${one}`).join(''),
  'blanks at line ends': (blocks: readonly string[]) => blocks.join('').replaceAll('\n', ' \n'),
  'END line cut': (blocks: readonly string[]) => blocks.join('').replace(/-----END CERTIFICATE-----\n$/, ''),
  'first END line cut': (blocks: readonly string[]) => blocks.join('').replace('-----END CERTIFICATE-----\n', ''),
  'one long line': (blocks: readonly string[]) =>
    blocks.map((one) => one.replaceAll(/(?<=[\w+/=])\n(?=[\w+/=])/g, '')).join(''),
  header: (blocks: readonly string[]) => blocks.join('').replace('-----\n', '-----\nOwner: nobody\n\n'),
} as const;
type Mangle = keyof typeof MANGLES;
const mangle = fc.oneof(
  { arbitrary: fc.constant<Mangle>('nothing'), weight: 6 },
  { arbitrary: fc.constantFrom(...(Object.keys(MANGLES) as Mangle[])), weight: 1 },
);

export const WORLD = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 2 }),
  leaf,
  issuer: fc.record({ line: fc.nat(1), depth: fc.nat(3) }),
  /** What of its line the leaf comes with: all but some, counted from the leaf up. */
  withheld: often<readonly number[]>([], [0], [1], [0, 1]),
  order: often<'up' | 'down' | 'twice'>('up', 'down', 'twice'),
  /** Presented besides. */
  besides: often<'nothing' | 'root' | 'another line' | 'renewals'>('nothing', 'root', 'another line', 'renewals'),
  /** CAs that are trusted: line and depth, the root of the leaf's line most often; in this order. */
  trusts: fc.array(fc.record({ line: fc.nat(1), depth: often(0, 1, 2) }), { minLength: 1, maxLength: 3 }),
  /** Before those. */
  trustsRenewals: often<'no' | 'before' | 'after'>('no', 'before', 'after'),
  trustsLeaf: mostly(false, true),
  /** By depth in the leaf's line; without any, revocation is not looked for. */
  lists: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 3 },
    { arbitrary: fc.array(list, { minLength: 4, maxLength: 4 }), weight: 1 },
  ),
  chainText: mangle,
  rootsText: mangle,
});
export type WorldPlan = typeof WORLD extends fc.Arbitrary<infer T> ? T : never;

/** What a reader is asked about. */
export interface World {
  plan: WorldPlan;
  /** PEM, leaf first. */
  chain: string;
  /** PEM. */
  roots: string;
  /** PKCS#8 of the leaf, in PEM. */
  key: string;
  /** Revocation lists in PEM. */
  crl?: string;
}

const keys = new Map<string, KeyObject>();
function keyAt(place: string, kind: KeyKind): KeyObject {
  // Keys of 4096 bits take seconds: one for all.
  const id = kind === 'RSA-4096' ? kind : `${kind} ${place}`;
  const key = keys.get(id) ?? newKey(kind);
  keys.set(id, key);
  return key;
}

interface Made {
  der: Uint8Array<ArrayBuffer>;
  key: KeyObject;
  subject: readonly NameOf[];
  serial: string;
  /** Other certificates of this name and key. */
  renewals: Uint8Array<ArrayBuffer>[];
}

/** Makes everything that a plan tells of. */
export function build(plan: WorldPlan): World {
  const lines = plan.lines.map((authorities, index) => buildLine(authorities, index));
  const lineOf = (index: number) => lines[index % lines.length] ?? [];
  const own = lineOf(plan.issuer.line);
  const depth = plan.issuer.depth % own.length;
  const issuer = own[depth];
  if (issuer === undefined) throw new Error('a line without a CA');
  const made = buildLeaf(plan.leaf, issuer);

  const above = own
    .slice(1, depth + 1)
    .reverse()
    .filter((_, place) => !plan.withheld.includes(place));
  const ordered = plan.order === 'down' ? above.toReversed() : plan.order === 'twice' ? [...above, ...above] : above;
  const foreign = lineOf(plan.issuer.line + 1);
  const besides = {
    nothing: [],
    root: own.slice(0, 1).map(({ der }) => der),
    'another line': foreign.toReversed().map(({ der }) => der),
    renewals: own.flatMap(({ renewals }) => renewals),
  }[plan.besides];
  const trusted = plan.trusts.map(({ line: number, depth: level }) => {
    const trustedLine = lineOf(plan.issuer.line + number);
    return trustedLine[level % trustedLine.length];
  });
  const renewed = own.slice(0, 1).flatMap(({ renewals }) => renewals);
  const roots = [
    ...(plan.trustsRenewals === 'before' ? renewed : []),
    ...trusted.flatMap((one) => (one === undefined ? [] : [one.der])),
    ...(plan.trustsRenewals === 'after' ? renewed : []),
    ...(plan.trustsLeaf ? [made.der] : []),
  ];
  const below = [...own.slice(1, depth + 1), made];
  const crl =
    plan.lists && own.slice(0, depth + 1).flatMap((ca, level) => listsOf(ca, below[level], plan.lists?.[level]));
  return {
    plan,
    chain: MANGLES[plan.chainText]([made.der, ...ordered.map(({ der }) => der), ...besides].map(pemOf)),
    roots: MANGLES[plan.rootsText](roots.map(pemOf)),
    key: pemOfKey(made.key),
    // An empty text is no list at all to Envoy.
    ...(crl === undefined || crl.length === 0 ? {} : { crl: crl.join('') }),
  };
}

type Authority = WorldPlan['lines'][number][number];

function buildLine(authorities: readonly Authority[], index: number): Made[] {
  const line: Made[] = [];
  for (const [depth, plan] of authorities.entries()) {
    const key = keyAt(`${index}-${depth}`, plan.kind);
    const subject: NameOf[] = [
      { text: `${depth === 0 ? 'Root' : 'CA'} ${plan.name}`, type: plan.type },
      { text: 'Mesh', type: plan.type },
    ];
    const self: Made = { der: new Uint8Array(), key, subject, serial: '', renewals: [] };
    const issuer = line[depth - 1] ?? self;
    const serial = serialOf(plan.serial, `${index}${depth}`);
    const [notBefore, notAfter] = VALIDITIES[plan.validity];
    const extensions = [
      ...basicConstraints(plan.isCa, plan.pathLength),
      ...keyUsage(USAGES[plan.usage]),
      ...purposes(PURPOSES[plan.purpose]),
      ...identifiers(plan.identifiers, plan.critical, key, issuer, depth === 0),
      ...constraints(CONSTRAINTS[plan.constraints]),
      ...criticals(plan.critical),
    ];
    const statement = { serial, notBefore, notAfter, extensions, hash: plan.hash };
    const issuerName = depth === 0 ? subject : written(issuer.subject, plan.issuerAs);
    const der = craft({ ...statement, subject, issuer: issuerName }, key, issuer.key);
    const renewal = () => {
      const [from, to] = VALIDITIES[plan.renewed === 'expired' ? 'expired' : 'valid'];
      const renewedSubject = plan.renewed === 'utf8' ? written(subject, 'utf8') : subject;
      return craft(
        {
          ...statement,
          serial: `${serialOf('usual', `${index}${depth}`)}77`,
          notBefore: from,
          notAfter: to,
          subject: renewedSubject,
          issuer: depth === 0 ? renewedSubject : issuerName,
        },
        key,
        issuer.key,
      );
    };
    line.push({ ...self, der, serial, renewals: plan.renewed === 'no' ? [] : [renewal()] });
  }
  return line;
}

function listsOf(
  ca: Made,
  next: Made | undefined,
  plan: NonNullable<WorldPlan['lists']>[number] | undefined,
): string[] {
  if (plan?.there !== true) return [];
  const [thisUpdate, nextUpdate] = VALIDITIES[plan.validity];
  const identifier = plan.identifier === 'wrong' ? Buffer.alloc(20, 0xcd) : keyIdentifierOf(ca.key);
  const keyIdentifier = new asn1.KeyIdentifier(new Uint8Array(identifier));
  const extensions = [
    ...(plan.identifier === 'none'
      ? []
      : [extension(asn1.id_ce_authorityKeyIdentifier, false, new asn1.AuthorityKeyIdentifier({ keyIdentifier }))]),
    ...criticals(plan.critical ? 'unknown' : 'nothing'),
  ];
  const key = plan.signedBy === 'another' ? keyAt('stranger', 'P-256') : ca.key;
  const revoked = { none: [], 'the next': [next?.serial ?? ''], another: ['7e11'] };
  const make = (serials: readonly string[], from: Date) =>
    craftList({ issuer: ca.subject, thisUpdate: from, nextUpdate, revoked: serials, extensions, hash: 'sha256' }, key);
  const current = make(revoked[plan.revokes], thisUpdate);
  const older = make(plan.revokes === 'the next' ? [] : revoked['the next'], new Date(thisUpdate.getTime() - DAY));
  return plan.older ? [older, current] : [current];
}

function buildLeaf(plan: WorldPlan['leaf'], issuer: Made): Made {
  const key = keyAt('leaf', plan.kind);
  const [notBefore, notAfter] = VALIDITIES[plan.validity];
  const serial = serialOf(plan.serial, 'aa');
  const extensions = [
    ...basicConstraints(plan.isCa, undefined),
    ...keyUsage(USAGES[plan.usage]),
    ...purposes(PURPOSES[plan.purpose]),
    ...identifiers(plan.identifiers, plan.critical, key, issuer, false),
    extension(
      asn1.id_ce_subjectAltName,
      true,
      new asn1.SubjectAlternativeName([
        new asn1.GeneralName({ uniformResourceIdentifier: SPIFFE_ID }),
        new asn1.GeneralName({ dNSName: SERVER_NAME }),
      ]),
    ),
    ...criticals(plan.critical),
  ];
  const der = craft(
    {
      subject: [],
      issuer: written(issuer.subject, plan.issuerAs),
      serial,
      notBefore,
      notAfter,
      extensions,
      hash: plan.hash,
    },
    key,
    issuer.key,
  );
  return { der, key, subject: [], serial, renewals: [] };
}

const serialOf = (kind: keyof typeof SERIALS, usual: string): string =>
  kind === 'usual' ? `11${Buffer.from(usual).toString('hex')}` : SERIALS[kind];

function written(name: readonly NameOf[], as: WorldPlan['leaf']['issuerAs']): NameOf[] {
  return name.map(({ text, type }) => {
    if (as === 'same') return { text, type };
    if (as === 'upper') return { text: text.toUpperCase(), type };
    if (as === 'spaces') return { text: ` ${text.replaceAll(' ', '  ')} `, type };
    return { text, type: as };
  });
}

function basicConstraints(cA: boolean | 'unstated', pathLenConstraint: number | undefined): asn1.Extension[] {
  if (cA === 'unstated') return [];
  const value = new asn1.BasicConstraints({
    cA,
    ...(pathLenConstraint === undefined || !cA ? {} : { pathLenConstraint }),
  });
  return [extension(asn1.id_ce_basicConstraints, true, value)];
}

const keyUsage = (flags: number | undefined): asn1.Extension[] =>
  flags === undefined ? [] : [extension(asn1.id_ce_keyUsage, true, new asn1.KeyUsage(flags))];

const purposes = (oids: readonly string[] | undefined): asn1.Extension[] =>
  oids === undefined ? [] : [extension(asn1.id_ce_extKeyUsage, false, new asn1.ExtendedKeyUsage([...oids]))];

function identifiers(
  stated: WorldPlan['leaf']['identifiers'],
  critical: WorldPlan['leaf']['critical'],
  key: KeyObject,
  issuer: Made,
  isRoot: boolean,
): asn1.Extension[] {
  if (stated === 'none') return [];
  const own = new asn1.SubjectKeyIdentifier(new Uint8Array(keyIdentifierOf(key)));
  const extensions = [extension(asn1.id_ce_subjectKeyIdentifier, critical === 'key identifier', own)];
  if (stated === 'own' || isRoot) return extensions;
  const bySerial = stated === 'serial' || stated === 'wrong serial';
  const keyIdentifier = stated === 'wrong' ? Buffer.alloc(20, 0xab) : keyIdentifierOf(issuer.key);
  const serial = stated === 'wrong serial' ? '7f01' : issuer.serial;
  const value = bySerial
    ? new asn1.AuthorityKeyIdentifier({
        authorityCertIssuer: [new asn1.GeneralName({ directoryName: issuerOf(issuer.der) })],
        authorityCertSerialNumber: new Uint8Array(Buffer.from(serial, 'hex')).buffer,
      })
    : new asn1.AuthorityKeyIdentifier({ keyIdentifier: new asn1.KeyIdentifier(new Uint8Array(keyIdentifier)) });
  return [...extensions, extension(asn1.id_ce_authorityKeyIdentifier, false, value)];
}

const issuerOf = (der: Uint8Array<ArrayBuffer>): asn1.Name =>
  AsnConvert.parse(der, asn1.Certificate).tbsCertificate.issuer;

type Constraints = Readonly<
  Partial<
    Record<'permitted' | 'excluded', readonly (readonly [form: 'uri' | 'dns' | 'ip' | 'directory', base: string])[]>
  >
>;

function constraints(wanted: Constraints | undefined): asn1.Extension[] {
  if (wanted === undefined) return [];
  const subtrees = (bases: Constraints['permitted']) =>
    new asn1.GeneralSubtrees(
      (bases ?? []).map(([form, base]) => new asn1.GeneralSubtree({ base: generalName(form, base) })),
    );
  const value = new asn1.NameConstraints();
  if (wanted.permitted !== undefined) value.permittedSubtrees = subtrees(wanted.permitted);
  if (wanted.excluded !== undefined) value.excludedSubtrees = subtrees(wanted.excluded);
  return [extension(asn1.id_ce_nameConstraints, true, value)];
}

function generalName(form: 'uri' | 'dns' | 'ip' | 'directory', base: string): asn1.GeneralName {
  if (form === 'uri') return new asn1.GeneralName({ uniformResourceIdentifier: base });
  if (form === 'dns') return new asn1.GeneralName({ dNSName: base });
  if (form === 'ip') return new asn1.GeneralName({ iPAddress: base });
  const value = new asn1.AttributeValue({ utf8String: base.replace('CN=', '') });
  const attribute = new asn1.AttributeTypeAndValue({ type: '2.5.4.3', value });
  return new asn1.GeneralName({ directoryName: new asn1.Name([new asn1.RelativeDistinguishedName([attribute])]) });
}

function criticals(which: WorldPlan['leaf']['critical']): asn1.Extension[] {
  if (which === 'unknown') return [rawExtension('1.3.6.1.4.1.55555.1', true, new Uint8Array([5, 0]))];
  if (which === 'policies') {
    const policy = new asn1.PolicyInformation({ policyIdentifier: '1.3.6.1.4.1.55555.2' });
    return [extension(asn1.id_ce_certificatePolicies, true, new asn1.CertificatePolicies([policy]))];
  }
  if (which === 'policy constraints') {
    // requireExplicitPolicy 0: every certificate from here on has to be of an acceptable policy.
    return [rawExtension(asn1.id_ce_policyConstraints, true, new Uint8Array([0x30, 0x03, 0x80, 0x01, 0x00]))];
  }
  return [];
}
