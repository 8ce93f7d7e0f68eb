import { claim, lab } from '../../harness/claims/worker.ts';
import { PLANES } from '../../harness/mesh/distribution.ts';
import { readAllSecrets } from '../../harness/probe/proxies.ts';
import { readCaCertificates } from '../../harness/probe/cert-manager.ts';
import { certManager } from '../../harness/remedies/cert-manager.ts';
import { describe, sameCertificate } from '../../harness/trust/certificate.ts';
import { noFaults } from '../support/checks.ts';
import { claimJoined } from '../support/joined.ts';

const joined = claimJoined(certManager);

/** The usages of the article's Certificates under their names in RFC 5280, 4.2.1.3. */
const ASKED = ['cRLSign', 'digitalSignature', 'keyCertSign', 'keyEncipherment'];

claim('trust.cert-manager.certificates-ready', async ({ evidence }) => {
  await joined();
  const found = await readCaCertificates(lab);
  await evidence(
    'certificates',
    found.map(({ namespace, conditions }) => ({ namespace, conditions })),
  );
  noFaults(
    found.map(({ namespace, conditions }) =>
      conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
        ? undefined
        : `the Certificate of ${namespace} is not Ready`,
    ),
  );
});

claim('trust.cert-manager.cacerts-owned', async ({ evidence }) => {
  await joined();
  const [found, held] = await Promise.all([readCaCertificates(lab), readAllSecrets(lab.kube)]);
  await evidence(
    'secrets',
    found.map(({ namespace, owner, ca }) => ({ namespace, owner, ca: describe(ca) })),
  );
  noFaults(
    PLANES.flatMap((plane) => {
      const { namespace } = lab.distribution.planes[plane];
      const own = found.find((one) => one.namespace === namespace);
      if (own === undefined) return [`${namespace} has no Secret cacerts`];
      return [
        own.owner === 'istio-ca' ? undefined : `cacerts in ${namespace} belongs to ${own.owner ?? 'no Certificate'}`,
        ...held
          .filter(({ proxy, chain }) => proxy.plane === plane && !chain.some((one) => sameCertificate(one, own.ca)))
          .map(({ proxy }) => `the chain of ${proxy.name} does not go through the CA in ${namespace}`),
      ];
    }),
  );
});

claim('trust.cert-manager.ca-usages', async ({ evidence }) => {
  await joined();
  const found = await readCaCertificates(lab);
  await evidence(
    'usages',
    found.map(({ namespace, ca }) => ({ namespace, isCa: ca.isCa, keyUsages: ca.keyUsages })),
  );
  noFaults(
    found.flatMap(({ namespace, ca }) => [
      ca.isCa ? undefined : `the intermediate of ${namespace} is no CA`,
      [...(ca.keyUsages ?? [])].sort().join() === ASKED.join()
        ? undefined
        : `the intermediate of ${namespace} has the usages ${(ca.keyUsages ?? []).join(', ')}, not ${ASKED.join(', ')}`,
    ]),
  );
});
