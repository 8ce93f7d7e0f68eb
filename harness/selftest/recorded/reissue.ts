import {
  pemBundle,
  type RecordedCertificates,
  readCertificates,
  recordCertificates,
} from '../../verdict/judges/proxy-certificates.ts';
import type { PlaneName } from '../../observations/planes.ts';
import type { HeldByProxy } from '../../observations/proxy.ts';
import { REMEDY_NAMES, type RemedyName } from '../../observations/remedies.ts';
import {
  type Authority,
  createIntermediate,
  createRoot,
  type IssueOptions,
  issueLeaf,
} from '../../verdict/trust/issue.ts';
import { alter } from './forgery.ts';
import type { Recording } from './recording.ts';

/** What is to be wrong about a hierarchy; left out, everything is as it should be. */
export interface Flaws {
  root?: IssueOptions;
  /** Of the gateway plane's intermediate. */
  gatewayCa?: IssueOptions;
  /** Of productpage's certificate. */
  leaf?: IssueOptions;
  /** Plane whose intermediate issues productpage's certificate. */
  issuer?: PlaneName;
}

/** What the article asks of cert-manager; a plugged-in CA may have them too. */
const CA_USAGES = ['digitalSignature', 'keyEncipherment', 'keyCertSign', 'cRLSign'] as const;

/**
 * Makes every certificate of the joined labs anew, with the same names and at the instant of the recording. The keys
 * of the recorded ones are gone with their lab, and some flaws take a signature.
 */
export async function reissue(recording: Recording, flaws: Flaws = {}): Promise<void> {
  for (const remedy of REMEDY_NAMES) await reissueFor(remedy, recording, flaws);
}

async function reissueFor(remedy: RemedyName, recording: Recording, flaws: Flaws): Promise<void> {
  const recorded = recording[`trust.${remedy}.chain`];
  if (recorded === undefined) return;
  const now = new Date(recorded.at);
  const ca = { now, keyUsages: CA_USAGES };
  const root = await createRoot({ ...ca, commonName: 'SM Root CA', ...flaws.root });
  const { intermediates } = recorded.expected;
  const authorities = {
    mesh: await createIntermediate(root, { ...ca, commonName: intermediates.mesh }),
    gateway: await createIntermediate(root, { ...ca, commonName: intermediates.gateway, ...flaws.gatewayCa }),
  };
  const chains = new Map<string, HeldByProxy['chain']>();
  for (const { proxy, chain } of readCertificates(recorded)) {
    const flawed = proxy.name.startsWith('productpage-') ? flaws : {};
    const issuer = authorities[flawed.issuer ?? proxy.plane];
    const leaf = await issueLeaf(issuer, { now, spiffeId: chain[0]?.uris[0] ?? '', ...flawed.leaf });
    chains.set(chain[0]?.fingerprint ?? '', leaf.chain);
  }

  const held = <Seen extends RecordedCertificates>(seen: Seen): Seen => {
    const changed = readCertificates(seen).map((one) => ({
      ...one,
      chain: chains.get(one.chain[0]?.fingerprint ?? '') ?? [],
      roots: [root.certificate],
    }));
    return { ...seen, ...recordCertificates(changed, new Date(seen.at)) };
  };
  const names = ['leaf-issuer', 'chain', 'rootca-equal', 'spiffe-identity'] as const;
  alter(
    recording,
    names.map((name) => `trust.${remedy}.${name}` as const),
    (seen) => ({ ...held(seen), expected: { ...seen.expected, root: root.certificate.pem } }),
  );
  alter(recording, [`trust.${remedy}.configmap-stable`], ({ map }) => {
    const own = pemBundle(root.certificate.pem);
    return { root: own, map: { ...map, roots: [own] } };
  });
  if (remedy !== 'cert-manager') return;
  alter(recording, ['trust.cert-manager.certificates-ready', 'trust.cert-manager.ca-usages'], (seen) =>
    withCas(seen, authorities),
  );
  alter(recording, ['trust.cert-manager.cacerts-owned'], (seen) => held(withCas(seen, authorities)));
}

function withCas<Seen extends { cas: { plane: PlaneName }[] }>(
  seen: Seen,
  authorities: Record<PlaneName, Authority>,
): Seen {
  const cas = seen.cas.map((ca) => ({ ...ca, ca: pemBundle(authorities[ca.plane].certificate.pem) }));
  return { ...seen, cas };
}
