import { faultOf, type MaybeFault } from '../../observations/fault.ts';
import { PLANES } from '../../observations/planes.ts';
import { verifyChain } from '../trust/chain.ts';
import { sharedRoots } from '../trust/proxy-verdict.ts';
import type { PageAnswer } from './bookinfo.ts';
import { type RecordedCertificates, readCertificates } from './proxy-certificates.ts';

/** BoringSSL's word for a certificate that does not verify. */
const REASON = 'CERTIFICATE_VERIFY_FAILED';

/** Does the gateway refuse, and for the reason of the split? Any other reason is another failure. */
export function refusedForTheSplit({ status, body }: PageAnswer): MaybeFault[] {
  if (status !== 503) return [`the gateway answered ${status}, not 503: ${body.slice(0, 300)}`];
  return [body.includes(REASON) ? undefined : `the reason given is another: ${body.slice(0, 300)}`];
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
