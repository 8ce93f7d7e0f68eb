import type { Observed } from '../../verdict/judges/judges.ts';
import { isInbound } from '../../verdict/judges/unauthorized-clients.ts';
import { alter, type Forgery, joined } from './forgery.ts';
import type { Recording } from './recording.ts';

const PEER = joined('peer-principal');
const UNCERTIFIED = joined('plaintext-refused');
const FOREIGN = joined('foreign-ca-refused');

/** Somebody else than the gateway, and somebody who is let in. */
export const UNAUTHORIZED_CLIENTS: readonly Forgery[] = [
  {
    name: 'peer-of-another-account',
    breaks: 'productpage saw another service account of the gateway’s namespace as its peer',
    red: PEER,
    forge: (recording) => alterPeer(recording, (peer) => peer.replace(/[^/]+$/, 'default')),
  },
  {
    name: 'peer-unknown',
    breaks: 'productpage saw nobody as its peer: the request came in plaintext',
    red: PEER,
    forge: (recording) => alterPeer(recording, () => null),
  },
  {
    name: 'request-never-arrived',
    breaks: 'productpage’s log holds no request that came in',
    red: PEER,
    forge: (recording) =>
      alter(recording, PEER, (seen) => ({ ...seen, lines: seen.lines.filter((line) => !isInbound(line)) })),
  },
  {
    name: 'plaintext-answered',
    breaks: 'one workload of six answers a client that speaks plaintext',
    red: UNCERTIFIED,
    forge: (recording) =>
      alterWorkload(recording, (workload) => ({
        ...workload,
        plaintext: { answered: true, detail: 'HTTP 200' },
      })),
  },
  {
    name: 'certificate-not-asked-for',
    breaks: 'one workload of six answers a client that speaks TLS and has no certificate',
    red: UNCERTIFIED,
    forge: (recording) =>
      alterWorkload(recording, (workload) => ({
        ...workload,
        withoutCertificate: { kind: 'answered', status: 200 },
      })),
  },
  {
    name: 'refused-for-another-reason',
    breaks: 'one workload of six hangs up on TLS, and not for want of a certificate',
    red: UNCERTIFIED,
    forge: (recording) =>
      alterWorkload(recording, (workload) => ({
        ...workload,
        withoutCertificate: { kind: 'refused', code: 'ECONNRESET', message: 'read ECONNRESET' },
      })),
  },
  {
    name: 'workload-not-tried',
    breaks: 'of one workload nobody asked whether it takes plaintext',
    red: UNCERTIFIED,
    forge: (recording) => alterWorkload(recording, () => undefined),
  },
  {
    name: 'foreign-ca-accepted',
    breaks: 'productpage answers a client with the gateway’s name and a foreign CA’s certificate',
    red: FOREIGN,
    forge: (recording) =>
      alter(recording, FOREIGN, (seen) => ({ ...seen, foreignCa: { kind: 'answered', status: 200 } })),
  },
  {
    name: 'everybody-refused',
    breaks: 'productpage refuses the client under the shared root as well',
    red: FOREIGN,
    forge: (recording) => alter(recording, FOREIGN, (seen) => ({ ...seen, sharedRoot: seen.foreignCa })),
  },
];

function alterPeer(recording: Recording, by: (peer: string) => string | null): void {
  const changed = (line: string) => {
    const entry = JSON.parse(line) as { peer?: string | null };
    return JSON.stringify({ ...entry, peer: by(entry.peer ?? '') });
  };
  alter(recording, PEER, (seen) => ({ ...seen, lines: seen.lines.map(changed) }));
}

type Workload = Observed<'trust.manual.plaintext-refused'>['workloads'][number];

/** Changes what details was asked, and leaves the others as they are. */
function alterWorkload(recording: Recording, by: (workload: Workload) => Workload | undefined): void {
  alter(recording, UNCERTIFIED, (seen) => ({
    ...seen,
    workloads: seen.workloads.flatMap((one) => (one.name.startsWith('details-') ? (by(one) ?? []) : one)),
  }));
}
