import { readCertificates, recordCertificates } from '../../verdict/judges/proxy-certificates.ts';
import { alter, type Forgery } from './forgery.ts';

const REFUSED = ['trust.split.gateway-refuses-workload', 'trust.configmap.split-remains'] as const;
const HELD = ['trust.split.leaf-issuers-differ', 'trust.split.roots-differ'] as const;

const anotherReason = (text: string) => text.replaceAll('CERTIFICATE_VERIFY_FAILED', 'WRONG_VERSION_NUMBER');

/** A split that is none, or another failure in its place. */
export const SPLIT: readonly Forgery[] = [
  {
    name: 'split-for-another-reason',
    breaks: 'the gateway answers 503, and its answer and log give another reason than the certificate',
    red: [...REFUSED, 'trust.split.access-log'],
    forge: (recording) => {
      alter(recording, REFUSED, (seen) => ({
        ...seen,
        body: anotherReason(seen.body),
        log: seen.log.map(anotherReason),
      }));
      alter(recording, ['trust.split.access-log'], ({ lines }) => ({ lines: lines.map(anotherReason) }));
    },
  },
  {
    name: 'split-answered',
    breaks: 'the gateway answers 200, with a page that quotes the reason it should have refused for',
    red: REFUSED,
    forge: (recording) => alter(recording, REFUSED, (seen) => ({ ...seen, status: 200 })),
  },
  {
    name: 'reason-in-the-answer-alone',
    breaks: 'the gateway’s access log gives another reason than its answer',
    red: REFUSED,
    forge: (recording) => alter(recording, REFUSED, (seen) => ({ ...seen, log: seen.log.map(anotherReason) })),
  },
  {
    name: 'reason-kept-from-the-client',
    breaks: 'an Envoy that tells clients why it could not reach the upstream does not',
    red: REFUSED,
    forge: (recording) =>
      alter(recording, REFUSED, (seen) => ({
        ...seen,
        body: seen.body.replace(/, transport failure reason: .*$/s, ''),
      })),
  },
  {
    name: 'log-without-upstream-failure',
    breaks: 'the gateway’s access log shows the request without the response flag UF',
    red: ['trust.split.access-log'],
    forge: (recording) =>
      alter(recording, ['trust.split.access-log'], ({ lines }) => ({
        lines: lines.map((line) => line.replace(' URX,UF ', ' URX ').replace(' UF ', ' URX ')),
      })),
  },
  {
    name: 'counter-stands-still',
    breaks: 'the gateway does not count the refused certificate',
    red: ['trust.split.envoy-counter'],
    forge: (recording) => alter(recording, ['trust.split.envoy-counter'], (seen) => ({ ...seen, after: seen.before })),
  },
  {
    name: 'mesh-broken-too',
    breaks: 'inside the mesh one page says that details could not be fetched',
    red: ['trust.split.mesh-works'],
    forge: (recording) =>
      alter(recording, ['trust.split.mesh-works'], ({ pages: [first, ...others], ...rest }) => ({
        ...rest,
        pages: [
          ...(first === undefined
            ? []
            : [{ ...first, body: first.body.replace('Book Details', 'Error fetching product details') }]),
          ...others,
        ],
      })),
  },
  {
    name: 'common-root-in-the-split',
    breaks: 'the gateway trusts the mesh’s root beside its own: one-way trust',
    red: HELD,
    forge: (recording) =>
      alter(recording, HELD, (seen) => {
        const held = readCertificates(seen);
        const mesh = held.find(({ proxy }) => proxy.plane === 'mesh')?.roots ?? [];
        const changed = held.map((one) =>
          one.proxy.plane === 'gateway' ? { ...one, roots: [...one.roots, ...mesh] } : one,
        );
        return recordCertificates(changed, new Date(seen.at));
      }),
  },
  {
    name: 'gateway-with-a-leaf-of-the-mesh',
    breaks: 'the gateway holds a certificate of the mesh’s CA, and still its own root',
    red: ['trust.split.leaf-issuers-differ'],
    forge: (recording) =>
      alter(recording, HELD, (seen) => {
        const held = readCertificates(seen);
        const mesh = held.find(({ proxy }) => proxy.plane === 'mesh')?.chain ?? [];
        const changed = held.map((one) => (one.proxy.plane === 'gateway' ? { ...one, chain: mesh } : one));
        return recordCertificates(changed, new Date(seen.at));
      }),
  },
  {
    name: 'split-without-a-gateway',
    breaks: 'no proxy of the gateway plane was there to be read',
    red: HELD,
    forge: (recording) =>
      alter(recording, HELD, (seen) => ({
        ...seen,
        proxies: seen.proxies.filter(({ plane }) => plane === 'mesh'),
      })),
  },
];
