import { type ClaimContext, claim } from '../../harness/run/claims/claim.ts';
import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { CA_FILES } from '../../harness/observations/istio.ts';
import { throughGateway } from '../../harness/lab/probe/http.ts';
import { type IstiodPod, istiodLog, listIstiods } from '../../harness/lab/probe/istiod.ts';
import { cacerts, cacertsReference, manual } from '../../harness/lab/remedies/manual.ts';
import { startIstiodBeside } from '../../harness/lab/remedies/restart.ts';
import { eventually, Fatal } from '../../harness/common/retry.ts';
import { createIntermediate, createRoot, type IssueOptions, PrivateKey } from '../../harness/verdict/trust/issue.ts';
import { borrowSecret } from '../support/borrowed-secret.ts';
import { noFaults, strictBookinfo } from '../support/checks.ts';
import { joinedBaseline } from '../support/joined-baseline.ts';
import { andUndo } from '../support/undo.ts';

claim('trust.bad-authority.incomplete', async (context) => {
  const files = await authorityFiles(context);
  for (const missing of [CA_FILES.key, CA_FILES.root]) {
    const others = Object.entries(files).filter(([name]) => name !== missing);
    const reason = 'failed to create an istiod CA: incomplete signing CA bundle detected';
    await istiodRefuses(context, Object.fromEntries(others), reason);
  }
});

claim('trust.bad-authority.expired', async (context) => {
  const yesterday = { notBefore: daysAgo(2), notAfter: daysAgo(1) };
  const files = await authorityFiles(context, yesterday);
  await istiodRefuses(context, files, 'x509: certificate has expired or is not yet valid');
});

claim('trust.bad-authority.wrong-key', async (context) => {
  const files = await authorityFiles(context);
  const other = await PrivateKey.generate('P-256');
  context.keepSecret(other.pem());
  const swapped = { ...files, [CA_FILES.key]: Buffer.from(other.pem()).toString('base64') };
  await istiodRefuses(context, swapped, 'the cert does not match the key');
});

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

/** The files of a plugged-in CA, in base64, that has nothing wrong but what the options say. */
async function authorityFiles(
  { lab, keepSecret }: ClaimContext,
  options: IssueOptions = {},
): Promise<Record<string, string>> {
  const root = await createRoot({ commonName: 'Root of a bad CA' });
  const authority = await createIntermediate(root, { commonName: 'Bad CA', ...options });
  for (const { privateKey } of [root, authority]) keepSecret(privateKey.pem());
  return cacerts(lab.distribution.planes.gateway, authority).data;
}

/** Starts an istiod of the gateway plane with these files beside the one that serves; it must fail for the reason. */
async function istiodRefuses(context: ClaimContext, files: Record<string, string>, reason: string): Promise<void> {
  const { lab, evidence } = context;
  await joinedBaseline(context, manual);
  const serving = await listIstiods(lab, 'gateway');
  const secret = await borrowSecret(context, cacertsReference(lab.distribution.planes.gateway).metadata);
  const observe = async () => {
    const crashed = await crashLoop(lab, serving);
    const said = (await istiodLog(lab, crashed)).filter((line) => line.includes(reason));
    await strictBookinfo(context, (path, agent) => throughGateway(lab, path, { agent }));
    const after = (await listIstiods(lab, 'gateway')).filter(({ name }) => name !== crashed.name);
    await evidence('istiods', { crashed, said, before: serving, after });
    noFaults([
      said.length > 0 ? undefined : `${crashed.name} ended without a word of «${reason}»`,
      JSON.stringify(after) === JSON.stringify(serving) ? undefined : 'the istiod that served is not as it was',
    ]);
  };
  await andUndo(async () => {
    await secret.write(files);
    await andUndo(observe, await startIstiodBeside(lab, 'gateway'));
  }, secret.putBack);
}

/** The new istiod, once it has ended so often that the kubelet makes pauses; at once a failure if it serves. */
const crashLoop = async (lab: Lab, serving: readonly IstiodPod[]): Promise<IstiodPod> =>
  await eventually(
    async () => {
      const pods = await listIstiods(lab, 'gateway');
      const fresh = pods.find(({ name }) => serving.every((former) => former.name !== name));
      if (fresh === undefined) throw new Error('there is no new istiod');
      if (fresh.ready) throw new Fatal(new Error(`${fresh.name} is Ready: it serves in spite of such a cacerts`));
      if (fresh.waiting !== 'CrashLoopBackOff') throw new Error(`${fresh.name} ${fresh.waiting ?? 'runs'}`);
      return fresh;
    },
    { waitingFor: 'the new istiod to be in CrashLoopBackOff', within: 'planeReady' },
  );
