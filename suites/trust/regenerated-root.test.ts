import type { KubernetesObject } from '@kubernetes/client-node';
import { claim } from '../../harness/run/claims/claim.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { PLANES } from '../../harness/observations/planes.ts';
import { remove } from '../../harness/cluster/ownership/objects.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { readCaCertificates } from '../../harness/lab/probe/cert-manager.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import {
  applyCertificates,
  certificates,
  certManager,
  issued,
  ROOT_SECRET,
} from '../../harness/lab/remedies/cert-manager.ts';
import { ORGANIZATION, ROOT_NAME } from '../../harness/lab/remedies/remedy.ts';
import { eventually } from '../../harness/common/retry.ts';
import {
  type Certificate,
  describe,
  parseCertificates,
  sameCertificate,
} from '../../harness/observations/certificate.ts';
import { verdictSentence, verifyChain } from '../../harness/verdict/trust/chain.ts';
import { createRoot } from '../../harness/verdict/trust/issue.ts';
import { borrowSecret } from '../support/borrowed-secret.ts';
import { noFaults, strictBookinfo } from '../support/checks.ts';
import { joinedBaseline } from '../support/joined-baseline.ts';
import { nudgeKubelet } from '../support/nudge-kubelet.ts';
import { andUndo } from '../support/undo.ts';

claim('trust.regenerated-root.intermediates-kept', async (context) => {
  const { lab } = context;
  const { root, planes } = await joinedBaseline(context, certManager);
  const secret = await borrowSecret(context, ROOT_SECRET);
  const twin = await createRoot({ ...ORGANIZATION, commonName: ROOT_NAME });
  context.keepSecret(twin.privateKey.pem());
  await andUndo(
    async () => {
      await secret.write({ 'tls.crt': base64(twin.certificate.pem), 'tls.key': base64(twin.privateKey.pem()) });
      await Promise.all(certificates(lab).map((certificate) => nudgeKubelet(lab, certificate)));
      const trial = await issuedUnder(lab, twin.certificate);
      const [cas, held] = await Promise.all([readCaCertificates(lab), readAllSecrets(lab)]);
      const against = (of: string, chain: readonly Certificate[]) => {
        const verdict = verifyChain(chain, [twin.certificate]);
        return { of, says: verdictSentence(verdict), code: verdict.trusted ? undefined : verdict.faults[0]?.code };
      };
      const verdicts = [
        ...cas.map(({ namespace, ca }) => against(`the CA in ${namespace}`, [ca])),
        ...held.map(({ proxy, chain }) => against(proxy.name, chain)),
      ];
      await context.evidence('roots', {
        before: describe(root),
        now: describe(twin.certificate),
        issuedSince: trial.map(describe),
        intermediates: cas.map(({ namespace, ca, conditions }) => ({ namespace, ca: describe(ca), conditions })),
        againstTheNewRoot: verdicts,
      });
      const before = PLANES.map((plane) => planes[plane].intermediate);
      noFaults([
        twin.certificate.canonicalSubject === root.canonicalSubject ? undefined : 'the new root has another name',
        ...cas.map(({ namespace, ca, conditions }) =>
          before.some((one) => sameCertificate(one, ca)) && conditions.every(({ type }) => type !== 'Issuing')
            ? undefined
            : `cert-manager signs the intermediate in ${namespace} again`,
        ),
        ...verdicts.map(({ of, says, code }) =>
          code === 'same-subject-other-key' ? undefined : `${of} against the new root: ${says}`,
        ),
      ]);
      await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
    },
    async () => {
      await secret.putBack();
      await remove(lab, [TRIAL, TRIAL_SECRET]);
    },
  );
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

const { namespace } = ROOT_SECRET;
const TRIAL_SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'trial', namespace } };
/**
 * Any certificate of the same issuer. Once it is there cert-manager has turned to the new root, and has looked again at
 * what was touched before it.
 */
const TRIAL: KubernetesObject & { spec: object } = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { name: 'trial', namespace },
  spec: {
    secretName: TRIAL_SECRET.metadata.name,
    dnsNames: ['trial.example.com'],
    privateKey: { algorithm: 'ECDSA', size: 256 },
    issuerRef: { name: 'root-issuer', kind: 'ClusterIssuer', group: 'cert-manager.io' },
  },
};

/** Waits until what cert-manager issues hangs under this root, and returns the last of it. */
async function issuedUnder(lab: Lab, root: Certificate): Promise<Certificate[]> {
  await applyCertificates(lab, [TRIAL]);
  return await eventually(
    async () => {
      await issued(lab.kube, TRIAL);
      const secret = await lab.kube.core.readNamespacedSecret({ ...TRIAL_SECRET.metadata });
      const chain = parseCertificates(Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64').toString());
      const verdict = verifyChain(chain, [root]);
      if (verdict.trusted) return chain;
      // Without its Secret a Certificate is issued anew.
      await remove(lab, [TRIAL_SECRET]);
      throw new Error(verdictSentence(verdict));
    },
    { waitingFor: 'cert-manager to sign with the new root', within: 'certificateReady' },
  );
}
