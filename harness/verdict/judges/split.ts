import { faultOf, type MaybeFault } from '../../observations/fault.ts';
import { PLANES } from '../../observations/planes.ts';
import { verifyChain } from '../trust/chain.ts';
import { sharedRoots } from '../trust/proxy-verdict.ts';
import type { PageAnswer } from './bookinfo.ts';
import { type RecordedCertificates, readCertificates } from './proxy-certificates.ts';

/** BoringSSL's word for a certificate that does not verify. */
const REASON = 'CERTIFICATE_VERIFY_FAILED';

/** What became of one request that a gateway is to refuse. */
export interface Refusal extends PageAnswer {
  /** Version of the gateway's Envoy, by its own word. */
  envoy: string;
  /** Lines of the gateway's access log that name the request. */
  log: string[];
}

/**
 * Does the gateway refuse, and for the reason of the split? Any other reason is another failure. The access log always
 * gives one; the client is told by Envoys that do not keep it from clients, see {@link tellsClients}.
 */
export function refusedForTheSplit({ status, body, envoy, log }: Refusal): MaybeFault[] {
  if (status !== 503) return [`the gateway answered ${status}, not 503: ${body.slice(0, 300)}`];
  const told = body.includes('transport failure reason: ');
  return [
    told && !body.includes(REASON) ? `the reason given is another: ${body.slice(0, 300)}` : undefined,
    !told && tellsClients(envoy)
      ? `the answer gives no reason, which Envoy ${envoy} would: ${body.slice(0, 300)}`
      : undefined,
    log.at(-1)?.includes(REASON) === true ? undefined : `its access log gives another reason: ${log.at(-1) ?? 'none'}`,
  ];
}

/** The last patch of each release line in which Envoy is known to tell clients; lines before them all do. */
const LAST_TO_TELL: Record<string, number> = { '1.38': 0, '1.37': 2, '1.36': 6, '1.35': 10 };
const FIRST_LINE_WITH_PATCHES = 35;

/**
 * Whether this Envoy tells a client why it could not reach the upstream. From 1.38.1 on it does not, since that may say
 * more than a client should know (envoyproxy/envoy#44746, merged on 2026-05-01; runtime guard
 * `envoy.reloadable_features.hide_transport_failure_reason_in_response_body`). Of patches that came after it to older
 * lines this is not known here: then either is right.
 */
export function tellsClients(envoy: string): boolean {
  const [, line = '', minor = '', patch = ''] = /^(1\.(\d+))\.(\d+)/.exec(envoy) ?? [];
  if (line === '') return false;
  const last = LAST_TO_TELL[line];
  return last === undefined ? Number(minor) < FIRST_LINE_WITH_PATCHES : Number(patch) <= last;
}

export interface AccessLog {
  /** Lines of the gateway's access log that name the request, in Istio's default format. */
  lines: string[];
}

/** Does the last line blame the upstream's certificate? */
export function loggedAsUpstreamFailure({ lines }: AccessLog): MaybeFault[] {
  const line = lines.at(-1) ?? '';
  // Default format: "METHOD PATH PROTOCOL" CODE FLAGS …
  const [, code, flags] = /" (\d{3}) (\S+) /.exec(line) ?? [];
  return [
    code === '503' ? undefined : `its line shows ${code ?? 'no code'}, not 503`,
    flags?.split(',').includes('UF') === true ? undefined : `its response flags are ${flags ?? 'missing'}, without UF`,
    line.includes(REASON) ? undefined : 'its line names another reason',
  ];
}

export interface Counter {
  counter: string;
  before: number;
  after: number;
}

export const raised = ({ counter, before, after }: Counter): MaybeFault[] => [
  after > before ? undefined : `${counter} was ${before} before the request and ${after} after it`,
];

/** Does each proxy's chain verify under its own plane's root, and under none of the other's? */
export function issuersDiffer(seen: RecordedCertificates): MaybeFault[] {
  const held = readCertificates(seen);
  const at = new Date(seen.at);
  const findings = held.map(({ proxy, chain, roots }) => {
    const own = verifyChain(chain, roots, { at });
    if (!own.trusted) return faultOf(proxy, `${proxy.name} does not verify under its own plane's root`);
    for (const other of held.filter(({ proxy: { plane } }) => plane !== proxy.plane)) {
      const verdict = verifyChain(chain, other.roots, { at });
      if (verdict.trusted) return faultOf(proxy, `${proxy.name} verifies under the root of ${other.proxy.name}`);
    }
    return undefined;
  });
  return [...bothSides(held), ...findings];
}

/** Has the gateway's ROOTCA no certificate in common with any sidecar's? */
export function rootsDiffer(seen: RecordedCertificates): MaybeFault[] {
  const held = readCertificates(seen);
  return [...bothSides(held), ...sharedRoots(held).map((root) => `both sides trust ${root}`)];
}

/** Without a proxy on one of the sides nothing could be shared, whatever the other holds. */
const bothSides = (held: ReturnType<typeof readCertificates>): MaybeFault[] =>
  PLANES.map((plane) =>
    held.some(({ proxy }) => proxy.plane === plane) ? undefined : `the ${plane} plane has no proxy that is ready`,
  );
