import { expect, it } from 'vitest';
import { buildReport } from './build.ts';
import { renderSummary, verdictLine } from './console.ts';
import { BROKEN, EXAMPLE, HOSTILE, PASSING, shardReport, UPGRADED } from './testing/example.ts';

const plainly = { colour: false, reportPath: 'reports/mt-1/conformance.yaml' };

it('tells the whole story', () =>
  expect(renderSummary(buildReport(EXAMPLE), plainly)).toMatchInlineSnapshot(`
    "trust.split
      ✔ trust.split.fails         2.1 s

    trust.manual
      ✖ trust.manual.leaf-issuer  1 min 05 s
          leaf of reviews-v1 is issued by O=cluster.local
          expected CN=mesh intermediate
          evidence/trust.manual.leaf-issuer/leaf.pem
      – trust.manual.churn        not supported: both planes write one name
      – trust.manual.peer         not run: the suite reported no result

    remedies
      remedy  baseline  restarts  applied in  converged in  requests lost  support
      manual  split     7         4.2 s       1 min 01 s    0              unsupported on openshift-4.22

    note: docker was installed

    not conformant: 1 of 4 claims failed, 1 passed, 1 not supported, 1 not run (trust, openshift-4.22, supply source)
    report: reports/mt-1/conformance.yaml
    "
  `));
it('compares upgrades', () => {
  expect(renderSummary(buildReport(UPGRADED), plainly)).toContain(`
upgrades
  upgrade                      from    to      took        requests  lost
  canary, gateway plane first  1.28.2  1.29.1  2 min 01 s  2450      1
`);
});

it('tells what ended the run early', () =>
  expect(renderSummary(buildReport(BROKEN), plainly)).toMatchInlineSnapshot(`
      "note: docker was installed

      ✖ cluster (lab)
        k3d could not create the cluster
          | port 6443 is taken

      incomplete: 4 of 4 claims not run (trust, openshift-4.22, supply source)
      report: reports/mt-1/conformance.yaml
      "
    `));
it('is short when all is well', () =>
  expect(renderSummary(buildReport(PASSING), plainly)).toMatchInlineSnapshot(`
    "trust.split
      ✔ trust.split.fails         1 ms

    trust.manual
      ✔ trust.manual.leaf-issuer  1 ms
      ✔ trust.manual.churn        1 ms
      ✔ trust.manual.peer         1 ms

    note: docker was installed

    conformant: 4 of 4 claims passed (trust, openshift-4.22, supply source)
    report: reports/mt-1/conformance.yaml
    "
  `));

it('says which part of a run it is', () => {
  expect(verdictLine(shardReport('1/3', 'trust.split'))).toBe(
    'conformant: 1 of 1 claim passed (trust, openshift-4.22, supply source, shard 1/3)',
  );
  expect(verdictLine(shardReport('3/3', ''))).toBe(
    'incomplete: no claims (trust, openshift-4.22, supply source, shard 3/3)',
  );
});

it('colours only when told to, whatever the streams are', () => {
  const coloured = renderSummary(buildReport(EXAMPLE), { ...plainly, colour: true });
  expect(coloured).toContain('\u001b[31m✖\u001b[39m trust.manual.leaf-issuer');
  expect(renderSummary(HOSTILE, plainly)).not.toContain('\u001b');
});

it('gives no orders to the CI system that shows it, whoever said so', () => {
  const orders = [
    '::error::one\n  ::warning file=a.ts::two\r\n::stop-commands::three',
    'before\r::add-mask::four\u2028::notice::five\n\u001b[31m::group::six',
    'said ##[error]seven\n##vso[task.complete]eight',
  ];
  const [order = ''] = orders;
  const report = buildReport({ ...BROKEN, failure: { phase: order, kind: 'bug', message: orders.join('\n') } });
  const [, failed, skipped] = buildReport(EXAMPLE).claims;
  const summary = renderSummary(
    {
      ...report,
      notes: orders,
      profile: order,
      claims: [
        { ...failed!, group: order, reason: orders.join('\n'), evidence: orders },
        { ...skipped!, reason: order },
      ],
      remedies: [{ ...buildReport(EXAMPLE).remedies[0]!, remedy: order }],
      upgrades: [{ ...buildReport(UPGRADED).upgrades![0]!, upgrade: order }],
    },
    { ...plainly, reportPath: `${order}/conformance.yaml` },
  );
  expect(summary).not.toMatch(/^\s*::|##\w*\[|[\r\u2028]/m);
  expect(summary).toContain(`
      : :error::one
        : :warning file=a.ts::two
      : :stop-commands::three
      before::add-mask::four ::notice::five
      : :group::six
      said ## [error]seven
      ## vso[task.complete]eight
`);
  expect(summary).toContain('\nreport: : :error::one\n');
});
