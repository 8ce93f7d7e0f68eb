import { expect, it } from 'vitest';
import { buildReport } from './build.ts';
import { BROKEN, EXAMPLE, HOSTILE, UPGRADED } from './testing/example.ts';
import { renderMarkdown } from './markdown.ts';

it('is a table', () =>
  expect(renderMarkdown(buildReport(EXAMPLE))).toMatchInlineSnapshot(`
    "## ❌ meshtrust: not conformant: 1 of 4 claims failed, 1 passed, 1 not supported, 1 not run (trust, openshift-4.22, supply source)

    | | claim | time | |
    |---|---|---:|---|
    | ✅ | trust.split.fails | 2.1 s | Without a shared root the gateway cannot reach the mesh. |
    | ❌ | trust.manual.leaf-issuer | 1 min 05 s | leaf of reviews-v1 is issued by O=cluster.local<br>expected CN=mesh intermediate |
    | ⏭️ | trust.manual.churn | 3 ms | both planes write one name |
    | ⏭️ | trust.manual.peer | 0 ms | the suite reported no result |

    | remedy | baseline | restarts | applied in | converged in | requests lost | support |
    |---|---|---:|---:|---:|---:|---|
    | manual | split | 7 | 4.2 s | 1 min 01 s | 0 | unsupported on openshift-4.22 |

    - docker was installed

    "
  `));

it('compares upgrades', () => {
  const table = [
    '| upgrade | from | to | took | requests | lost |',
    '|---|---|---|---:|---:|---:|',
    '| canary, gateway plane first | 1.28.2 | 1.29.1 | 2 min 01 s | 2450 | 1 |',
  ];
  expect(renderMarkdown(buildReport(UPGRADED))).toContain(`\n${table.join('\n')}\n`);
});

it('keeps hostile text in its cell', () => {
  const rows = renderMarkdown(HOSTILE)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows).toHaveLength(4);
  for (const row of rows) expect(row.split('|')).toHaveLength(6);
  expect(rows[2]).toContain('&#60;b&#62;&#38;amp; "x" &#124; a &#93;&#93;&#62; &#96;c&#96;');
});

it('shows no reason as more than its words', () => {
  const reason = 'a\u2028## b\u2029| c\u0085\u001b[2J\u202ed\u200b\ufffe e ]]> ::error::f\n::error::g ##[error]h\ud800';
  const [claim] = buildReport(EXAMPLE).claims.slice(1, 2);
  const row = renderMarkdown({ ...buildReport(EXAMPLE), claims: [{ ...claim!, reason }] })
    .split('\n')
    .find((line) => line.startsWith('| ❌'));
  const cell = 'a &#35;&#35; b &#124; c d e &#93;&#93;&#62; ::error::f<br>::error::g &#35;&#35;&#91;error&#93;h\ufffd';
  expect(row).toBe(`| ❌ | trust.manual.leaf-issuer | 1 min 05 s | ${cell} |`);
});

it('cuts no character in half', () => {
  const [claim] = buildReport(EXAMPLE).claims.slice(1, 2);
  const cut = (reason: string) => renderMarkdown({ ...buildReport(EXAMPLE), claims: [{ ...claim!, reason }] });
  for (const before of ['', 'x']) expect(cut(before + '🔐'.repeat(2000)).isWellFormed()).toBe(true);
});

it('cuts reasons that would not fit', () => {
  const long = renderMarkdown({
    ...buildReport(BROKEN),
    failure: { phase: 'lab', kind: 'lab', message: 'x'.repeat(3_000_000) },
  });
  expect(long.length).toBeLessThan(10_000);
});
