import { faultOf, type MaybeFault } from '../../observations/fault.ts';
import { type Deployments, withoutPod } from './joined.ts';

/** How an attempt to get an answer over TLS ended. */
export interface TlsAttempt {
  kind: 'answered' | 'refused';
  /** Of the answer. */
  status?: number;
  /** OpenSSL's or the system's, for example ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
  code?: string;
  message?: string;
  protocol?: string;
}

export interface Peer {
  /** SPIFFE ID of the gateway. */
  expected: string;
  /** Lines of productpage's access log for one request through the gateway, in the lab's JSON format. */
  lines: string[];
}

/** The part of a line that says who called; outbound lines of the same request are about others. */
interface Line {
  cluster: string | null;
  peer: string | null;
}

const parsed = (line: string) => JSON.parse(line) as Line;

export const isInbound = (line: string): boolean => parsed(line).cluster?.startsWith('inbound|') === true;

/** Did the sidecar see the gateway as its peer? */
export function peerIsGateway({ expected, lines }: Peer): MaybeFault[] {
  const inbound = lines.filter(isInbound).map(parsed);
  if (inbound.length === 0) return ['productpage logged no request that came in'];
  return inbound.map(({ peer }) =>
    peer === expected ? undefined : `productpage saw ${peer ?? 'nobody'} as its peer, not ${expected}`,
  );
}

/** What a client outside of the mesh was told by each workload. */
export interface Uncertified {
  /** What must have been tried. */
  expected: Deployments;
  workloads: {
    namespace: string;
    name: string;
    plaintext: { answered: boolean; detail: string };
    withoutCertificate: TlsAttempt;
  }[];
}

/** Does every workload refuse plaintext, and TLS without a certificate for want of one? */
export function uncertifiedRefused({ expected, workloads }: Uncertified): MaybeFault[] {
  return [
    ...withoutPod(expected, workloads, 'pod'),
    ...workloads.flatMap(({ plaintext, withoutCertificate, ...pod }) => [
      plaintext.answered ? faultOf(pod, `${pod.name} answered plaintext: ${plaintext.detail}`) : undefined,
      isAlert(withoutCertificate, 'CERTIFICATE_REQUIRED')
        ? undefined
        : faultOf(pod, `${pod.name}, TLS without a certificate: ${sentence(withoutCertificate)}`),
    ]),
  ];
}

export interface Foreigners {
  /** A client with the gateway's SPIFFE ID under a CA nobody knows. */
  foreignCa: TlsAttempt;
  /** The control, in which only the CA differs: a refusal of the foreign client is then because of its CA. */
  sharedRoot: TlsAttempt;
}

export const foreignRefused = ({ foreignCa, sharedRoot }: Foreigners): MaybeFault[] => [
  isAlert(foreignCa, 'UNKNOWN_CA') ? undefined : `the foreign client: ${sentence(foreignCa)}`,
  sharedRoot.kind === 'answered' ? undefined : `the client under the shared root: ${sentence(sharedRoot)}`,
];

const isAlert = ({ kind, code }: TlsAttempt, alert: string): boolean =>
  kind === 'refused' && code?.includes('ALERT') === true && code.endsWith(alert);

const sentence = ({ kind, status, code, message }: TlsAttempt): string =>
  kind === 'answered' ? `answered with ${status ?? '?'}` : `refused with ${code ?? '?'}: ${(message ?? '').trim()}`;
