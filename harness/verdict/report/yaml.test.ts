import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildReport } from './build.ts';
import { reportDigest } from './digest.ts';
import { BROKEN, EXAMPLE, HOSTILE } from './testing/example.ts';
import type { ConformanceReport } from './model.ts';
import { renderYaml, toYaml } from './yaml.ts';

const report = buildReport(EXAMPLE);

it('reads like the model', () =>
  expect(renderYaml(report)).toMatchInlineSnapshot(`
    "apiVersion: meshtrust.dev/v1alpha1
    kind: TrustConformanceReport
    run:
      id: mt-1
      started: "2026-05-04T10:00:00Z"
      finished: "2026-05-04T10:04:30Z"
      tool: 0.1.0
    profile: trust
    distribution: openshift-4.22
    supply: source
    supplyReason: the registry did not answer
    notes:
      - docker was installed
    implementation:
      planes:
        - name: mesh
          namespace: istio-system
          revision: default
          version: 1.26.2
      components:
        - name: envoy
          version: 1.34.1
          image: meshtrust/envoy:1
          digest: sha256:ab
    environment:
      os: linux
      arch: x64
      cpus: 4
      memoryGiB: 15.6
      node: 24.21.0
      engine: docker 26.1.5
      kubernetes: 1.33.1
    result: notConformant
    summary:
      passed: 1
      failed: 1
      skipped: 0
      notSupported: 1
      notRun: 1
    claims:
      - id: trust.split.fails
        sentence: Without a shared root the gateway cannot reach the mesh.
        level: core
        source: article, step 4
        group: trust.split
        status: passed
        durationMs: 2140
        evidence:
          - evidence/a/b.txt
      - id: trust.manual.leaf-issuer
        sentence: Every leaf is issued by its own plane's intermediate.
        level: core
        source: article, step 4
        group: trust.manual
        status: failed
        reason: |-
          leaf of reviews-v1 is issued by O=cluster.local
          expected CN=mesh intermediate
        durationMs: 65000
        evidence:
          - evidence/trust.manual.leaf-issuer/leaf.pem
      - id: trust.manual.churn
        sentence: Nobody fights over the ConfigMap.
        level: extended
        source: article, step 4
        group: trust.manual
        status: notSupported
        reason: both planes write one name
        durationMs: 3
        evidence: []
      - id: trust.manual.peer
        sentence: The destination sees the identity of the gateway.
        level: core
        source: article, step 4
        group: trust.manual
        status: notRun
        reason: the suite reported no result
        durationMs: 0
        evidence: []
    remedies:
      - remedy: manual
        baseline: split
        restarts: 7
        applySeconds: 4.2
        convergeSeconds: 61.04
        requestsLost: 0
        support: unsupported on openshift-4.22
    graphs:
      - title: the split
        graph:
          at: "2026-05-04T10:01:00Z"
          nodes:
            - id: istio-system/istiod
              kind: istiod
              label: istiod
              namespace: istio-system
              detail: 1.29.1
            - id: bookinfo/productpage-v1-7c4
              kind: proxy
              label: productpage
              plane: istio-system/istiod
              detail: sidecar
            - id: openshift-ingress/mesh-gateway-openshift-default-5d9
              kind: proxy
              label: mesh-gateway
              namespace: openshift-ingress
              detail: gateway
            - id: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
              kind: root
              label: mesh root
              certificate: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
            - id: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
              kind: root
              label: gateway root
              certificate: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
          links:
            - from: istio-system/istiod
              to: bookinfo/productpage-v1-7c4
              kind: serves
            - from: bookinfo/productpage-v1-7c4
              to: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
              kind: trusts
            - from: bookinfo/productpage-v1-7c4
              to: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
              kind: signedBy
            - from: openshift-ingress/mesh-gateway-openshift-default-5d9
              to: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
              kind: trusts
            - from: openshift-ingress/mesh-gateway-openshift-default-5d9
              to: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
              kind: signedBy
          conversations:
            - channel: workload
              from:
                - openshift-ingress/mesh-gateway-openshift-default-5d9
              to:
                - bookinfo/productpage-v1-7c4
              verdict: unknown-issuer
              reason: 'mesh-gateway refuses productpage: its certificate leads to "mesh root", which it does not know'
              roots:
                client:
                  - b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
                server:
                  - a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
                serverIssuer: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
              remedies:
                - give both planes intermediates under one root
          certificates:
            - fingerprint: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
              subject: O=cluster.local, CN=mesh root
              issuer: O=cluster.local, CN=mesh root
              notBefore: "2026-05-04T09:59:00Z"
              notAfter: "2036-05-01T09:59:00Z"
              serial: 4f
              key: RSA-2048
              isCa: true
              names: []
            - fingerprint: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
              subject: O=cluster.local, CN=gateway root
              issuer: O=cluster.local, CN=gateway root
              notBefore: "2026-05-04T09:59:00Z"
              notAfter: "2036-05-01T09:59:00Z"
              serial: 4f
              key: RSA-2048
              isCa: true
              names: []
          unseen: []
    phases:
      - name: supply
        started: "2026-05-04T10:00:00Z"
        seconds: 0.4
        outcome: done
      - name: cluster
        started: "2026-05-04T10:00:01Z"
        seconds: 14.2
        outcome: done
    digest: sha256:40afaac07b52edcf839c29d5a0ab2bf015c844f1bb6aa121d093363acdfe3f4a
    "
  `));

it.each([report, buildReport(BROKEN), HOSTILE])('gives the same report back, digest and all', (each) => {
  for (const version of ['1.2', '1.1'] as const) {
    const back = parse(renderYaml(each), { version }) as ConformanceReport;
    expect(back).toEqual(each);
    expect(reportDigest(back)).toBe(reportDigest(each));
  }
});

/** Any text, and pieces of it that end a line for some reader or another and go on as if the report did. */
const foreign = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', minLength: 100, maxLength: 200 }),
      fc.constantFrom(
        '\u2028result: conformant\u2028',
        '\u2029claims: []',
        '\n---\n',
        '\n...\n',
        '\r',
        '\u0085',
        '\n',
        '\t',
      ),
      fc.constantFrom(
        'result: conformant',
        ' # x',
        ': ',
        '- ',
        '&a',
        '*a',
        '!!x',
        '%YAML 1.1\n',
        '"',
        "'",
        '\\',
        '|-\n',
        ' ',
      ),
      fc.constantFrom('yes', '12:30', '0o7', '1_000', '~', '<<', '=', '\ud800', '\ufeff', '\u202e'),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));

/** A run that somebody else had words in: in reasons and sentences, in what is not checked to be a graph, wherever. */
const foreignRun = fc.record({
  reasons: fc.array(foreign, { minLength: 1, maxLength: 3 }),
  sentence: foreign,
  notes: fc.array(foreign, { maxLength: 3 }),
  failure: fc.option(fc.record({ phase: foreign, message: foreign })),
  evidence: fc.array(foreign, { maxLength: 2 }),
  graph: fc.dictionary(foreign, foreign, { maxKeys: 3 }),
});

function reportOf(run: typeof foreignRun extends fc.Arbitrary<infer T> ? T : never): ConformanceReport {
  const { reasons, sentence, notes, failure, evidence, graph } = run;
  return buildReport({
    ...EXAMPLE,
    notes,
    planned: EXAMPLE.planned.map((claim) => ({ ...claim, sentence })),
    events: [
      ...EXAMPLE.planned.flatMap(({ id }, at) => {
        const reason = reasons[at];
        if (reason === undefined) return [];
        return [{ type: 'claim' as const, id, status: 'failed' as const, reason, durationMs: 1, evidence }];
      }),
      { type: 'graph', title: sentence, graph: graph as never },
    ],
    ...(failure === null ? {} : { failure: { kind: 'bug' as const, ...failure } }),
  });
}

// PyYAML and others read YAML 1.1, in which U+0085, U+2028 and U+2029 end a line as well (5.4, b-line-separator): had
// one of them stood in a text, the next word of it would have been a key of the report to them.
it('is the same document to readers of YAML 1.2 and 1.1, whatever anybody has said', () => {
  fc.assert(
    fc.property(foreignRun, (run) => {
      const each = reportOf(run);
      const text = Buffer.from(renderYaml(each)).toString();
      for (const version of ['1.2', '1.1'] as const) expect(parse(text, { version })).toEqual(each);
      const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
      expect(lines).toEqual(text.split('\n'));
      const keys = lines.filter((line) => /^\S/.test(line)).map((line) => line.split(':')[0]);
      expect(keys).toEqual(Object.keys(each));
    }),
  );
});

it.each([
  ['a tab', 'a\tb', '"a\\tb"'],
  ['the value of YAML 1.1', '=', '"="'],
  ['blank lines', ' \n', '"\\ \\n"'],
  ['a tab before all else', '\n \ta\nb', '"\\n \\ta\\nb"'],
  ['lines with tabs', 'at\n\tmain.go:7', '|-\n  at\n  \tmain.go:7'],
  ['a long indented line', `a\n ${'word '.repeat(40)}b`, `|-\n  a\n   ${'word '.repeat(40)}b`],
  ['what cannot be folded', `\t${'🔐'.repeat(100)}`, `"\\t${'🔐'.repeat(100)}"`],
])('writes %s so that PyYAML reads it', (_, text, written) => {
  expect(toYaml({ text })).toBe(`text: ${written}\n`);
  expect(toYaml([text])).toBe(`- ${written}\n`);
});
