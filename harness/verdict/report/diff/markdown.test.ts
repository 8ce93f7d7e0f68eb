import { expect, it } from 'vitest';
import { buildReport } from '../build.ts';
import { EXAMPLE, HOSTILE } from '../testing/example.ts';
import { compareReports } from './compare.ts';
import { renderDiffMarkdown } from './markdown.ts';
import { reportOf, reportWith } from './testing/reports.ts';

const whole = reportWith();

it('is a table for each kind of change', () =>
  expect(renderDiffMarkdown(compareReports(whole, buildReport(EXAMPLE), { strict: false }))).toMatchInlineSnapshot(`
    "## ❌ meshtrust diff: regression: 3 of 4 changes

    - old: mt-1 of 2026-05-04T10:00:00Z, conformant: 4 of 4 claims passed (trust, openshift-4.22, supply source)
    - new: mt-1 of 2026-05-04T10:00:00Z, not conformant: 1 of 4 claims failed, 1 passed, 1 not supported, 1 not run (trust, openshift-4.22, supply source)

    ### Newly failing

    | | what | old → new | why |
    |---|---|---|---|
    | ❌ | trust.manual.leaf-issuer | passed → failed | leaf of reviews-v1 is issued by O=cluster.local<br>expected CN=mesh intermediate |

    ### Missing now

    | | what | old → new | why |
    |---|---|---|---|
    | ❌ | trust.manual.churn | passed → notSupported | both planes write one name |
    | ❌ | trust.manual.peer | passed → notRun | the suite reported no result |

    ### Issuers and roots

    | | what | old → new | why |
    |---|---|---|---|
    | ➖ | the split: graph | absent → present |  |
    "
  `));

it('keeps hostile text in its cell', () => {
  const rows = renderDiffMarkdown(compareReports(whole, HOSTILE, { strict: false }))
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const cells = rows.filter((row) => row.startsWith('| ❌'));
  expect(cells).toHaveLength(4);
  for (const row of cells) expect(row.split('|')).toHaveLength(6);
  expect(cells.join()).toContain('&#60;b&#62;&#38;amp; "x" &#124; a &#93;&#93;&#62; &#96;c&#96;');
});

it('is short enough for a comment, and says what it left out', () => {
  const many = (status: 'passed' | 'failed') =>
    reportOf(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`t.c${index}`, status])));
  const text = renderDiffMarkdown(compareReports(many('passed'), many('failed'), { strict: false }));
  expect(text).toContain('regression: 500 of 500 changes');
  expect(text.match(/^\| ❌ /gm)).toHaveLength(20);
  expect(text).toContain('| | and 480 more | | |');
  expect(text.length).toBeLessThan(65_536);
});
