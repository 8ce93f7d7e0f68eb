import { claim } from '../../harness/run/claims/claim.ts';
import { recordCertificates } from '../../harness/verdict/judges/proxy-certificates.ts';
import { readAllSecrets } from '../../harness/lab/probe/proxies.ts';
import { certManager } from '../../harness/lab/remedies/cert-manager.ts';
import { claimJoined } from '../support/joined.ts';
import { judged } from '../support/judged.ts';
import { noFaults } from '../support/checks.ts';
import { issuedCas } from '../support/observe.ts';
import { auditLab } from '../support/audit.ts';

const joined = claimJoined(certManager);

judged('trust.cert-manager.certificates-ready', async (context) => {
  await joined(context);
  return await issuedCas(context.lab);
});

judged('trust.cert-manager.cacerts-owned', async (context) => {
  const { lab } = context;
  await joined(context);
  const [cas, held] = await Promise.all([issuedCas(lab), readAllSecrets(lab)]);
  return { ...cas, ...recordCertificates(held, new Date()) };
});

judged('trust.cert-manager.ca-usages', async (context) => {
  await joined(context);
  return await issuedCas(context.lab);
});

claim('trust.cert-manager.audit', async (context) => {
  await joined(context);
  const graph = await auditLab(context.lab);
  await context.evidence('graph', graph);
  const untrusted = graph.conversations.filter(({ verdict }) => verdict !== 'trusted');
  noFaults([...graph.unseen, ...untrusted.map(({ reason }) => reason)]);
});
