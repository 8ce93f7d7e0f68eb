import { expect, it } from 'vitest';
import { buildReport } from './build.ts';
import { BROKEN, EXAMPLE, HOSTILE } from './testing/example.ts';
import { renderJunit } from './junit.ts';

it('has a suite for each group', () =>
  expect(renderJunit(buildReport(EXAMPLE))).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="meshtrust trust openshift-4.22" tests="4" failures="1" errors="0" skipped="2">
        <testsuite name="trust.split" timestamp="2026-05-04T10:00:00Z" time="2.14" tests="1" failures="0" errors="0" skipped="0">
          <testcase classname="trust.split" name="trust.split.fails" time="2.14">
            <system-out><![CDATA[Without a shared root the gateway cannot reach the mesh.
      evidence/a/b.txt]]></system-out>
          </testcase>
        </testsuite>
        <testsuite name="trust.manual" timestamp="2026-05-04T10:00:00Z" time="65.003" tests="3" failures="1" errors="0" skipped="2">
          <testcase classname="trust.manual" name="trust.manual.leaf-issuer" time="65">
            <failure message="leaf of reviews-v1 is issued by O=cluster.local&#xA;expected CN=mesh intermediate" type="claim"/>
            <system-out><![CDATA[Every leaf is issued by its own plane's intermediate.
      evidence/trust.manual.leaf-issuer/leaf.pem]]></system-out>
          </testcase>
          <testcase classname="trust.manual" name="trust.manual.churn" time="0.003">
            <skipped message="not supported: both planes write one name"/>
            <system-out><![CDATA[Nobody fights over the ConfigMap.]]></system-out>
          </testcase>
          <testcase classname="trust.manual" name="trust.manual.peer" time="0">
            <skipped message="not run: the suite reported no result"/>
            <system-out><![CDATA[The destination sees the identity of the gateway.]]></system-out>
          </testcase>
        </testsuite>
      </testsuites>"
    `));
it('shows what ended the run early', () =>
  expect(renderJunit(buildReport(BROKEN))).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="meshtrust trust openshift-4.22" tests="5" failures="0" errors="1" skipped="4">
        <testsuite name="set-up" timestamp="2026-05-04T10:00:00Z" time="14.2" tests="1" failures="0" errors="1" skipped="0">
          <testcase classname="set-up" name="cluster" time="14.2">
            <error message="k3d could not create the cluster&#xA;  | port 6443 is taken" type="lab"/>
          </testcase>
        </testsuite>
        <testsuite name="trust.split" timestamp="2026-05-04T10:00:00Z" time="0" tests="1" failures="0" errors="0" skipped="1">
          <testcase classname="trust.split" name="trust.split.fails" time="0">
            <skipped message="not run: the run ended in phase «cluster»: k3d could not create the cluster"/>
            <system-out><![CDATA[Without a shared root the gateway cannot reach the mesh.]]></system-out>
          </testcase>
        </testsuite>
        <testsuite name="trust.manual" timestamp="2026-05-04T10:00:00Z" time="0" tests="3" failures="0" errors="0" skipped="3">
          <testcase classname="trust.manual" name="trust.manual.leaf-issuer" time="0">
            <skipped message="not run: the run ended in phase «cluster»: k3d could not create the cluster"/>
            <system-out><![CDATA[Every leaf is issued by its own plane's intermediate.]]></system-out>
          </testcase>
          <testcase classname="trust.manual" name="trust.manual.churn" time="0">
            <skipped message="not run: the run ended in phase «cluster»: k3d could not create the cluster"/>
            <system-out><![CDATA[Nobody fights over the ConfigMap.]]></system-out>
          </testcase>
          <testcase classname="trust.manual" name="trust.manual.peer" time="0">
            <skipped message="not run: the run ended in phase «cluster»: k3d could not create the cluster"/>
            <system-out><![CDATA[The destination sees the identity of the gateway.]]></system-out>
          </testcase>
        </testsuite>
      </testsuites>"
    `));

it('stays well-formed whatever the reasons say', () => {
  const xml = renderJunit(HOSTILE);
  // eslint-disable-next-line no-control-regex -- those must be gone
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(xml.isWellFormed()).toBe(true);
  expect(xml).toContain('message="&lt;b>&amp;amp; &quot;x&quot; | a ]]> `c` \ufffd 😀&#xA;-->| *d* [e](f)"');
  wellFormed(xml);
});

it('shows no reason as more than its words', () => {
  const text = 'a\u2028b\u0085c\u001b[2J\u202ed\u200b\ufffe ]]> <x/> ::error::e\r\n::error::f\ud800';
  const [claim] = buildReport(EXAMPLE).claims.slice(1, 2);
  const xml = renderJunit({
    ...buildReport(BROKEN),
    failure: { phase: text, kind: 'bug', message: text },
    claims: [
      { ...claim!, reason: text, sentence: text, group: text },
      { ...claim!, status: 'skipped', reason: text },
    ],
  });
  const inAttribute = 'a b cd ]]> &lt;x/> ::error::e&#xA;::error::f\ufffd';
  expect(xml).toContain(`<failure message="${inAttribute}" type="claim"/>`);
  expect(xml).toContain(`<error message="${inAttribute}" type="bug"/>`);
  expect(xml).toContain(`<skipped message="${inAttribute}"/>`);
  expect(xml).toContain('<![CDATA[a b cd ]]]]><![CDATA[> <x/> ::error::e\n::error::f\ufffd\nevidence/');
  expect(xml).not.toMatch(/[\r\u0085\u2028\u2029\ufffe\p{Cf}]/u);
  wellFormed(xml);
});

/** Throws unless the tags of `xml` are well-formed and closed in order. */
function wellFormed(xml: string): void {
  const open: string[] = [];
  const rest = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').replace(/^<\?xml [^>]*\?>/, '');
  const text = rest.replace(
    /<(\/?)([\w-]+)((?: [\w-]+="(?:[^<&"]|&[#\w]+;)*")*)(\/?)>/g,
    (_tag, end, name: string, _, empty) => {
      if (end !== '') expect(open.pop()).toBe(name);
      else if (empty === '') open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(text).not.toMatch(/[<&]/);
}
