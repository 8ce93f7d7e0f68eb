import { claim, lab } from '../../harness/claims/worker.ts';
import { recordHeld } from '../../harness/judges/held.ts';
import { readAllSecrets } from '../../harness/probe/proxies.ts';
import { certManager } from '../../harness/remedies/cert-manager.ts';
import { claimJoined } from '../support/joined.ts';
import { judged } from '../support/judged.ts';
import { noFaults } from '../support/checks.ts';
import { issuedCas } from '../support/observe.ts';
import { auditLab } from '../support/audit.ts';

const joined = claimJoined(certManager);

judged('trust.cert-manager.certificates-ready', async () => {
  await joined();
  return await issuedCas();
});

judged('trust.cert-manager.cacerts-owned', async () => {
  await joined();
  const [cas, held] = await Promise.all([issuedCas(), readAllSecrets(lab)]);
  return { ...cas, ...recordHeld(held, new Date()) };
});

judged('trust.cert-manager.ca-usages', async () => {
  await joined();
  return await issuedCas();
});

claim('trust.cert-manager.audit', async ({ evidence }) => {
  await joined();
  const graph = await auditLab();
  await evidence('graph', graph);
  const untrusted = graph.conversations.filter(({ verdict }) => verdict !== 'trusted');
  noFaults([...graph.unseen, ...untrusted.map(({ reason }) => reason)]);
});
