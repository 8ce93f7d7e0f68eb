import { claim, lab } from '../../harness/claims/worker.ts';
import { judgeProductPage } from '../../harness/probe/bookinfo.ts';
import { accessLog } from '../../harness/probe/logs.ts';
import { fromProbe, throughGateway } from '../../harness/probe/http.ts';
import { sumCounters } from '../../harness/probe/proxies.ts';
import { eventually } from '../../harness/retry.ts';
import { describe } from '../../harness/trust/certificate.ts';
import { verifyChain } from '../../harness/trust/chain.ts';
import { sharedRoots } from '../../harness/trust/proxy-verdict.ts';
import { onceSplit } from '../support/baseline.ts';
import { certificatesOf, noFaults, proxyOf, strictBookinfo, transcript } from '../support/checks.ts';

const split = onceSplit(lab);

claim('trust.split.gateway-refuses-workload', async ({ agent, evidence }) => {
  await split();
  const answer = await throughGateway(lab, '/productpage', { agent: agent() });
  await evidence('answer.txt', transcript(answer));
  if (answer.status !== 503) throw new Error(`the gateway answered ${answer.status}, not 503`);
  if (!answer.body.includes('CERTIFICATE_VERIFY_FAILED'))
    throw new Error(`the reason given is another: ${answer.body}`);
});

claim('trust.split.access-log', async ({ agent, evidence }) => {
  await split();
  const name = agent();
  await throughGateway(lab, '/productpage', { agent: name });
  const lines = await accessLog(lab.kube, await proxyOf(lab, 'mesh-gateway'), name);
  await evidence('access.log', lines.join('\n'));
  const line = lines.at(-1) ?? '';
  // Default format: "METHOD PATH PROTOCOL" CODE FLAGS …
  const [, code, flags] = /" (\d{3}) (\S+) /.exec(line) ?? [];
  noFaults([
    code === '503' ? undefined : `its line shows ${code ?? 'no code'}, not 503`,
    flags?.split(',').includes('UF') === true ? undefined : `its response flags are ${flags ?? 'missing'}, without UF`,
    line.includes('CERTIFICATE_VERIFY_FAILED') ? undefined : 'its line names another reason',
  ]);
});

claim('trust.split.envoy-counter', async ({ agent, evidence }) => {
  await split();
  const gateway = await proxyOf(lab, 'mesh-gateway');
  const count = () => sumCounters(lab.kube, gateway, 'ssl.fail_verify_error');
  const before = await count();
  await throughGateway(lab, '/productpage', { agent: agent() });
  const after = await count();
  await evidence('counter', { counter: 'ssl.fail_verify_error', before, after });
  if (after <= before) throw new Error(`ssl.fail_verify_error stayed at ${before}`);
});

claim('trust.split.mesh-works', async (context) => {
  await split();
  const get = (path: string, agent: string) =>
    fromProbe(lab, 'inside', `http://productpage.bookinfo:9080${path}`, { agent });
  await eventually(async () => noFaults(judgeProductPage(await get('/productpage', context.agent())).faults), {
    waitingFor: 'Bookinfo to be whole inside the mesh',
    within: 'converge',
    inARow: 5,
  });
  await strictBookinfo(context, get);
});

claim('trust.split.leaf-issuers-differ', async ({ evidence }) => {
  const held = await split();
  await evidence('certificates', certificatesOf(held));
  const faults = held.map(async ({ proxy, chain, roots }) => {
    const own = await verifyChain(chain, roots);
    if (!own.trusted) return `${proxy.name} does not verify under its own plane's root`;
    for (const other of held.filter(({ proxy: { plane } }) => plane !== proxy.plane)) {
      const verdict = await verifyChain(chain, other.roots);
      if (verdict.trusted) return `${proxy.name} verifies under the root of ${other.proxy.name}`;
    }
    return undefined;
  });
  noFaults(await Promise.all(faults));
});

claim('trust.split.roots-differ', async ({ evidence }) => {
  const held = await split();
  await evidence(
    'roots',
    held.map(({ proxy, roots }) => ({ proxy: proxy.name, plane: proxy.plane, trusts: roots.map(describe) })),
  );
  noFaults(sharedRoots(held).map((root) => `both sides trust ${root}`));
});
